"""The file or directory tree that a path points to."""

from __future__ import annotations

import os
import pathlib
import stat
from collections.abc import Iterator

from metaflow_wandb._encoders._writer import MAX_PIECE_BYTES, CannotEncodeError, PayloadWriter

MAX_FILES = 100_000


def encode_files(path: pathlib.Path, _file_name: str, payload: PayloadWriter) -> None:
    """Write a file under its own name, or each file of a tree under its relative path."""
    if path.is_dir():
        _encode_tree(path, payload)
    elif path.is_file():
        _copy(path, path.resolve().name if path.name == "" else path.name, payload)
    else:
        raise CannotEncodeError(
            f"{path} does not exist" if not path.exists() else f"{path} is no file"
        )


def _encode_tree(root: pathlib.Path, payload: PayloadWriter) -> None:
    for count, file in enumerate(_tree(root), start=1):
        if count > MAX_FILES:
            raise CannotEncodeError(f"{root} holds more than {MAX_FILES} files")
        _copy(file, file.relative_to(root).as_posix(), payload)


def _tree(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield the files of a tree in a stable order.

    A symbolic link to a file is taken as that file where it lies in the tree;
    one that leads out of the tree, and links to directories, are passed over.
    """
    inside = root.resolve()
    for directory, names, files in os.walk(root):
        names.sort()
        for name in sorted(files):
            file = pathlib.Path(directory, name)
            if file.is_symlink() and not file.resolve().is_relative_to(inside):
                continue
            if file.is_file():
                yield file


def _copy(source: pathlib.Path, path: str, payload: PayloadWriter) -> None:
    with open(source, "rb") as opened, payload.open(path) as file:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise CannotEncodeError(f"{source} is no regular file")
        while piece := opened.read(MAX_PIECE_BYTES):
            file.write(piece)
