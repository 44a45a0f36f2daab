"""Where encoders write: files whose bytes leave in pieces as they come."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Protocol

from metaflow_wandb._wire_text import sendable

MAX_PIECE_BYTES = 1024 * 1024
# Of what was left out, so much is told.
_MAX_NAMED = 5
_MAX_NAME_LENGTH = 60

# Takes path inside the payload, bytes, and whether the file ends with them.
Emit = Callable[[str, bytes, bool], None]


class Elsewhere(Protocol):
    """Takes files that need not be emitted."""

    def create(self) -> ElsewhereFile | None:
        """Begin a file; None where it has to be emitted."""

    def hand(self, path: str, file: Any) -> None:
        """Take a file that is written, under its path inside the payload."""


class ElsewhereFile(Protocol):
    """A file on disk."""

    size_bytes: int

    def write(self, data: Any) -> None: ...
    def close(self) -> None: ...
    def discard(self) -> None: ...


class CannotEncodeError(Exception):
    """A value can't be encoded this way; the message says why, for people."""


class PayloadWriter:
    """Opens the files of one payload and counts them."""

    def __init__(self, emit: Emit, elsewhere: Elsewhere | None = None) -> None:
        self._emit = emit
        self._elsewhere = elsewhere
        self._emitted_any = False
        self.file_count = 0
        self.size_bytes = 0
        self._left_out: list[str] = []
        self._left_out_count = 0

    @property
    def is_elsewhere(self) -> bool:
        """Whether nothing of it was emitted."""
        return self.file_count > 0 and not self._emitted_any

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
        self._emitted_any = True
        self.size_bytes += len(data)
        self.file_count += int(end)

    def _create(self) -> ElsewhereFile | None:
        return None if self._elsewhere is None else self._elsewhere.create()

    def _hand(self, path: str, file: ElsewhereFile) -> None:
        if self._elsewhere is not None:
            self._elsewhere.hand(path, file)
        self.size_bytes += file.size_bytes
        self.file_count += 1


class PayloadFile(io.RawIOBase):
    """A write-only file that holds at most one piece; one with more may lie elsewhere."""

    def __init__(self, payload: PayloadWriter, path: str) -> None:
        self._payload = payload
        self._path = path
        self._piece = bytearray()
        self._position = 0
        self._ended = False
        # Decided when there is more than one piece.
        self._elsewhere: ElsewhereFile | None = None
        self._is_emitted = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if len(self._piece) + len(view) > MAX_PIECE_BYTES:
            self._decide_where()
        if self._elsewhere is not None:
            self._elsewhere.write(view)
        else:
            self._take(view)
        self._position += len(view)
        return len(view)

    def finish(self) -> None:
        """Emit what is left and mark the end of the file; hand over one that lies elsewhere."""
        if self._ended:
            return
        self._ended = True
        if self._elsewhere is not None:
            self._elsewhere.close()
            self._payload._hand(self._path, self._elsewhere)
            return
        self._payload._write(self._path, bytes(self._piece), True)
        self._piece.clear()

    def __enter__(self) -> PayloadFile:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error is None:
            self.finish()
        elif self._elsewhere is not None:
            self._elsewhere.discard()
        self.close()

    def _decide_where(self) -> None:
        if self._elsewhere is not None or self._is_emitted:
            return
        self._elsewhere = self._payload._create()
        self._is_emitted = self._elsewhere is None
        if self._elsewhere is not None:
            self._elsewhere.write(self._piece)
            self._piece.clear()

    def _take(self, view: memoryview) -> None:
        if len(self._piece) + len(view) > MAX_PIECE_BYTES and self._piece:
            self._emit(bytes(self._piece))
            self._piece.clear()
        # What fills pieces of its own goes as it is, without being gathered first.
        while len(view) > MAX_PIECE_BYTES:
            self._emit(bytes(view[:MAX_PIECE_BYTES]))
            view = view[MAX_PIECE_BYTES:]
        self._piece += view

    def _emit(self, data: bytes) -> None:
        self._payload._write(self._path, data, False)
