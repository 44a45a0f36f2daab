"""Finds files that wait for a sidecar, and takes them so that nobody else does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from metaflow_wandb._spool._names import SPOOL_SUFFIX, name_of_left, part_name

_LOCK = "forward.lock"
_REFUSED = "refused"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class WaitingFile:
    """A whole attempt, or what a killed task has left."""

    def __init__(self, directory: str, file_name: str, name: str) -> None:
        self.is_whole = file_name.endswith(SPOOL_SUFFIX)
        self.path = os.path.join(directory, file_name)
        self._directory = directory
        self._name = name

    def claim(self) -> bool:
        """Make it this process's, for as long as that lives; say whether it was still there."""
        claimed = os.path.join(self._directory, part_name(self._name))
        try:
            os.rename(self.path, claimed)
        except OSError:
            return False
        self.path = claimed
        return True

    def give_back(self) -> None:
        """Leave it for later. A part is nobody's once this process has ended."""
        if self.is_whole:
            os.rename(self.path, os.path.join(self._directory, self._name + SPOOL_SUFFIX))

    def remove(self) -> None:
        """Remove it: the sidecar has all of it."""
        os.unlink(self.path)

    def put_aside(self, reason: str) -> None:
        """Keep it where nobody takes it in again, with the reason beside it."""
        refused = os.path.join(self._directory, _REFUSED)
        os.makedirs(refused, mode=0o700, exist_ok=True)
        with open(os.path.join(refused, f"{self._name}.reason.txt"), "w", encoding="utf-8") as file:
            file.write(f"{reason}\n")
        os.rename(self.path, os.path.join(refused, self._name + SPOOL_SUFFIX))


def waiting_files(directory: str) -> list[WaitingFile]:
    """Return what waits in a directory, oldest first; nothing where there is none.

    Nor anything that another user may have put there: it would go out in this user's name.
    """
    found: list[tuple[float, WaitingFile]] = []
    with contextlib.suppress(OSError):
        status = os.lstat(directory)
        if stat.S_ISDIR(status.st_mode) and _is_this_users_alone(status):
            found = list(_found(directory))
    return [waiting for _, waiting in sorted(found, key=lambda each: each[0])]


def open_waiting(file: WaitingFile) -> BinaryIO:
    """Open a file that was claimed, to read it.

    Raises:
        OSError: that can't be done.
    """
    return os.fdopen(os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")


@contextlib.contextmanager
def only_sender(directory: str) -> Iterator[bool]:
    """Say whether no other process of this machine sends what waits in a directory.

    Raises:
        OSError: the directory can't be written to.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(os.path.join(directory, _LOCK), flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _found(directory: str) -> Iterator[tuple[float, WaitingFile]]:
    """Return what waits, with the time in seconds at which each was last written to.

    Raises:
        OSError: the directory can't be read.
    """
    with os.scandir(directory) as entries:
        for entry in entries:
            name = (
                entry.name.removesuffix(SPOOL_SUFFIX)
                if entry.name.endswith(SPOOL_SUFFIX)
                else name_of_left(entry.name)
            )
            # Another process may take it away.
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if name and stat.S_ISREG(status.st_mode) and _is_this_users_alone(status):
                    yield status.st_mtime, WaitingFile(directory, entry.name, name)


def _is_this_users_alone(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS
