"""Where encoders write: files whose bytes leave in pieces as they come."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from metaflow_wandb._wire_text import sendable

MAX_PIECE_BYTES = 1024 * 1024
# Of what was left out, so much is told.
_MAX_NAMED = 5
_MAX_NAME_LENGTH = 60

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
        self._left_out: list[str] = []
        self._left_out_count = 0

    def leave_out(self, path: str, reason: str) -> None:
        """Remember that something of the value is not in the payload."""
        self._left_out_count += 1
        if self._left_out_count <= _MAX_NAMED:
            self._left_out.append(f"{sendable(path)[:_MAX_NAME_LENGTH]} ({reason})")

    def omissions(self) -> str:
        """Return what was left out, for people; empty where nothing was."""
        more = self._left_out_count - len(self._left_out)
        return ", ".join(self._left_out) + (f" and {more} more" if more else "")

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
