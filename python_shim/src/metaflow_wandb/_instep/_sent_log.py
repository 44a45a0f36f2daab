"""Keeps what was sent of a step's log, so that a new stream can begin with it."""

from __future__ import annotations

import contextlib
import struct
import tempfile
from collections.abc import Iterator

from metaflow_wandb._gen import ingest_pb2 as pb

_MAX_BYTES = 64 * 1024 * 1024
_IN_MEMORY_BYTES = 1024 * 1024
_LENGTH = struct.Struct("<I")


class SentLog:
    """A bounded copy of messages, in memory and then in a temporary file.

    `is_whole` turns false once there was more than it holds; what is lost with
    a stream can't be sent again then.
    """

    def __init__(self) -> None:
        self.is_whole = True
        self._bytes = 0
        self._file: tempfile.SpooledTemporaryFile[bytes] | None = None

    def add(self, message: pb.RecordTaskRequest) -> None:
        """Keep a copy of a message."""
        if not self.is_whole:
            return
        data = message.SerializeToString()
        self._bytes += len(data)
        try:
            if self._bytes > _MAX_BYTES:
                self._give_up()
                return
            if self._file is None:
                self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
            self._file.write(_LENGTH.pack(len(data)) + data)
        except OSError:  # the disk is full
            self._give_up()

    def messages(self) -> Iterator[pb.RecordTaskRequest]:
        """Return the copies in order."""
        if self._file is None:
            return
        self._file.seek(0)
        while head := self._file.read(_LENGTH.size):
            yield pb.RecordTaskRequest.FromString(self._file.read(*_LENGTH.unpack(head)))

    def close(self) -> None:
        """Drop the copies."""
        file, self._file = self._file, None
        # What a full disk did not take is written once more, in vain.
        with contextlib.suppress(OSError):
            if file is not None:
                file.close()

    def _give_up(self) -> None:
        self.is_whole = False
        self.close()
