"""The file that one attempt is written to."""

from __future__ import annotations

import os
import re
import secrets

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._spool._budget import Budget, NoRoomError
from metaflow_wandb._spool._names import SPOOL_SUFFIX, part_name
from metaflow_wandb._spool._records import MAGIC, record
from metaflow_wandb._spool_place import VARIABLE, is_nowhere, make_private

# With host, process and suffix it stays below the 255 bytes of a name.
_MAX_NAME_LENGTH = 120
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")


class SpoolFile:
    """Appends messages, and gives the file its final name once it is whole and on disk.

    It is open only while something is written: the step may close what
    descriptors it finds, and their numbers would then be files of its own.
    """

    def __init__(self, directory: str, task: pb.TaskAttempt) -> None:
        """Make the file.

        Raises:
            NoRoomError: there is no room for it.
            OSError: it can't be made.
            ValueError: a setting can't be understood; the message names it.
        """
        if is_nowhere():
            raise NoRoomError(f"this user has no home directory (set HOME or {VARIABLE})")
        root = os.path.dirname(directory)
        self.size_bytes = 0
        self._directory = directory
        self._budget = Budget(root)
        self._name = _name(task)
        self._part = os.path.join(directory, part_name(self._name))
        make_private(directory)
        self._write(MAGIC, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW)

    def append(self, message: bytes, is_optional: bool = False) -> None:
        """Write a message, whole or not at all.

        Raises:
            NoRoomError: there is no room for it.
            OSError: it can't be written.
        """
        data = record(message)
        self._budget.take(len(data), is_optional)
        self._write(data)

    def cut(self, size_bytes: int) -> None:
        """Drop what was written from `size_bytes` on.

        Raises:
            OSError: that can't be done.
        """
        os.truncate(self._part, size_bytes)
        self.size_bytes = size_bytes

    def finish(self) -> None:
        """Make sure that all of it is on disk, under its final name.

        Raises:
            OSError: it can't be.
        """
        os.truncate(self._part, self.size_bytes)
        _sync(self._part)
        os.rename(self._part, os.path.join(self._directory, self._name + SPOOL_SUFFIX))
        _sync(self._directory)

    def discard(self) -> None:
        """Remove it.

        Raises:
            OSError: it can't be removed.
        """
        os.unlink(self._part)

    def _write(self, data: bytes, flags: int = 0) -> None:
        descriptor = os.open(self._part, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
        try:
            written = 0
            # What an interrupted write has left behind its end is written over.
            while written < len(data):
                written += os.pwrite(descriptor, data[written:], self.size_bytes + written)
        finally:
            os.close(descriptor)
        self.size_bytes += len(data)


def _name(task: pb.TaskAttempt) -> str:
    parts = (task.flow_name, task.run_id, task.step_name, task.task_id, str(task.attempt))
    pathspec = _UNFIT.sub("_", ".".join(parts))[:_MAX_NAME_LENGTH]
    return f"{pathspec}.{secrets.token_hex(4)}"


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
