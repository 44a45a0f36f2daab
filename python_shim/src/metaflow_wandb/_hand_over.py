"""Puts large files where the sidecar finds them, in place of sending them."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from metaflow_wandb._faults import error_text
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._patience import moved
from metaflow_wandb._stream_lost import StreamLostError

if TYPE_CHECKING:
    from metaflow_wandb._stream_type import Stream

_NAME_BYTES = 16
# A disk is not taken to hang while it may be this slow.
_BYTES_PER_S = 10_000_000
# The disk keeps so much free, looked after as often as so much was written.
_KEPT_FREE_BYTES = 256 * 1024 * 1024
_LOOK_AFTER_BYTES = 64 * 1024 * 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MODE = 0o600


class HandOver:
    """The directory that a plan names, where this process sees it and may write there."""

    def __init__(self, stream: Stream, directory: str) -> None:
        """Look whether it is there; its name is random, so no other can be.

        One of another user's is left alone: that user's sidecar could not read what is put there.
        """
        self._stream = stream
        self._directory = directory
        self._is_usable = bool(directory) and _is_own(directory)

    def create(self) -> HandedFile | None:
        """Begin a file; None where it has to be sent."""
        if not self._is_usable:
            return None
        name = os.urandom(_NAME_BYTES).hex()
        path = os.path.join(self._directory, name)
        try:
            _require_free(self._directory)
            return HandedFile(name, path, os.open(path, _FLAGS, _MODE), self._fail)
        except OSError:
            self._is_usable = False
            return None

    def hand(self, variable: str, encoding: pb.Encoding, path: str, file: HandedFile) -> None:
        """Tell the sidecar of a file that is written.

        Raises:
            StreamLostError: the stream ended, or nothing moved for too long.
        """
        self._stream.send(
            handed_file=pb.HandedFile(
                variable=variable,
                encoding=encoding,
                path=path,
                name=file.name,
                size_bytes=file.size_bytes,
            )
        )

    def _fail(self, error: StreamLostError) -> None:
        # What is raised may not come out of the library that writes.
        self._stream.failure = error


class HandedFile:
    """A file that will be the sidecar's."""

    def __init__(
        self, name: str, path: str, descriptor: int, fail: Callable[[StreamLostError], None]
    ) -> None:
        # Name in the sidecar's directory.
        self.name = name
        self.size_bytes = 0
        self._path = path
        self._descriptor = descriptor
        self._fail = fail
        self._looked_at_bytes = 0

    def write(self, data: Any) -> None:
        """Write all of `data`, anything with a buffer.

        Raises:
            StreamLostError: the disk does not take it, so nor would the sidecar.
        """
        left = memoryview(data).cast("B")
        moved(allowance_s=len(left) / _BYTES_PER_S)
        try:
            while left:
                left = left[self._write_some(left) :]
        except OSError as error:
            reason = (error.strerror or error_text(error)).lower()
            lost = StreamLostError(f"the sidecar's disk takes no more: {reason}")
            self._fail(lost)
            raise lost from error
        moved()

    def close(self) -> None:
        """Write nothing more."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def discard(self) -> None:
        """Remove the file."""
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _write_some(self, data: memoryview) -> int:
        if self.size_bytes - self._looked_at_bytes >= _LOOK_AFTER_BYTES:
            _require_free(os.path.dirname(self._path))
            self._looked_at_bytes = self.size_bytes
        written = os.write(self._descriptor, data[:_LOOK_AFTER_BYTES])
        self.size_bytes += written
        return written


def _is_own(directory: str) -> bool:
    try:
        return os.path.isabs(directory) and os.lstat(directory).st_uid == os.geteuid()
    except OSError:
        return False


def _require_free(directory: str) -> None:
    disk = os.statvfs(directory)
    if disk.f_bavail * disk.f_frsize < _KEPT_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
