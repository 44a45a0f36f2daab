"""The file or directory tree that a path points to."""

from __future__ import annotations

import io
import os
import pathlib
import stat
from collections.abc import Iterator

from metaflow_wandb._encoders._writer import MAX_PIECE_BYTES, CannotEncodeError, PayloadWriter
from metaflow_wandb._wire_text import name_problem

MAX_FILES = 100_000


def encode_files(path: pathlib.Path, _file_name: str, payload: PayloadWriter) -> None:
    """Write a file under its own name, or each file of a tree under its relative path.

    Raises:
        CannotEncodeError: nothing is there, it is no file, or its name can't travel.
    """
    if path.is_dir():
        _encode_tree(path, payload)
    elif path.is_file():
        name = path.resolve().name if path.name == "" else path.name
        if problem := name_problem(name):
            raise CannotEncodeError(f"{path} can't be sent: {problem}")
        with open(path, "rb") as opened:
            _copy(opened, name, payload)
    else:
        raise CannotEncodeError(
            f"{path} does not exist" if not path.exists() else f"{path} is no file"
        )


def _encode_tree(root: pathlib.Path, payload: PayloadWriter) -> None:
    for count, file in enumerate(_tree(root, payload), start=1):
        if count > MAX_FILES:
            raise CannotEncodeError(f"{root} holds more than {MAX_FILES} files")
        path = file.relative_to(root).as_posix()
        if problem := name_problem(path):
            payload.leave_out(path, problem)
            continue
        try:
            opened = open(file, "rb")  # noqa: SIM115 - a file that breaks off later is an error
        except OSError as error:
            payload.leave_out(path, _reason(error))
            continue
        with opened:
            _copy(opened, path, payload)


def _tree(root: pathlib.Path, payload: PayloadWriter) -> Iterator[pathlib.Path]:
    """Yield the files of a tree in a stable order.

    A symbolic link to a file is taken as that file where it lies in the tree.
    Everything else but directories is left out, on record.
    """

    def leave_out(path: str | pathlib.Path, reason: str) -> None:
        payload.leave_out(pathlib.Path(path).relative_to(root).as_posix(), reason)

    def unreadable(error: OSError) -> None:
        leave_out(error.filename or root, _reason(error))

    inside = root.resolve()
    for directory, names, files in os.walk(root, onerror=unreadable):
        names.sort()
        for name in names:
            if pathlib.Path(directory, name).is_symlink():
                leave_out(pathlib.Path(directory, name), "a link to a directory")
        for name in sorted(files):
            file = pathlib.Path(directory, name)
            if problem := _file_problem(file, inside):
                leave_out(file, problem)
            else:
                yield file


def _file_problem(file: pathlib.Path, inside: pathlib.Path) -> str:
    """Return why what isn't a directory is not taken, empty where it is."""
    try:
        mode = os.stat(file).st_mode
        leads_out = file.is_symlink() and not file.resolve().is_relative_to(inside)
    except (OSError, RuntimeError):  # RuntimeError: links that go round in a circle
        return "a link that leads nowhere" if file.is_symlink() else "it can't be read"
    if leads_out:
        return "a link that leads out"
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "" if stat.S_ISREG(mode) else "no regular file"


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _copy(opened: io.BufferedReader, path: str, payload: PayloadWriter) -> None:
    with payload.open(path) as file:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise CannotEncodeError(f"{path} is no regular file")
        while piece := opened.read(MAX_PIECE_BYTES):
            file.write(piece)
