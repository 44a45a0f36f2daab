"""Where encoders write: files whose bytes leave in pieces as they come."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

MAX_PIECE_BYTES = 1024 * 1024

# Takes path inside the payload, bytes, and whether the file ends with them.
Emit = Callable[[str, bytes, bool], None]


class CannotEncodeError(Exception):
    """A value can't be encoded this way; the message says why, for people."""


class PayloadWriter:
    """Opens the files of one payload and counts them."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.file_count = 0
        self.size_bytes = 0

    def open(self, path: str) -> PayloadFile:
        """Open a file; its last piece is emitted when it is closed without an error."""
        return PayloadFile(self, path)

    def _write(self, path: str, data: bytes, end: bool) -> None:
        self._emit(path, data, end)
        self.size_bytes += len(data)
        self.file_count += int(end)


class PayloadFile(io.RawIOBase):
    """A write-only file that holds at most one piece."""

    def __init__(self, payload: PayloadWriter, path: str) -> None:
        self._payload = payload
        self._path = path
        self._piece = bytearray()
        self._position = 0
        self._ended = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), MAX_PIECE_BYTES):
            self._append(view[start : start + MAX_PIECE_BYTES])
        self._position += len(view)
        return len(view)

    def finish(self) -> None:
        """Emit what is left and mark the end of the file."""
        if not self._ended:
            self._ended = True
            self._payload._write(self._path, bytes(self._piece), True)
            self._piece.clear()

    def __enter__(self) -> PayloadFile:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error is None:
            self.finish()
        self.close()

    def _append(self, data: memoryview) -> None:
        room = MAX_PIECE_BYTES - len(self._piece)
        self._piece += data[:room]
        if len(self._piece) == MAX_PIECE_BYTES:
            self._payload._write(self._path, bytes(self._piece), False)
            self._piece.clear()
            self._piece += data[room:]
