"""Takes what a sidecar would be sent, and answers in its place."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from metaflow_wandb._faults import error_text
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._patience import moved
from metaflow_wandb._spool._budget import NoRoomError
from metaflow_wandb._spool._file import SpoolFile
from metaflow_wandb._spool._plan import plan_alone
from metaflow_wandb._stream import StreamLostError
from metaflow_wandb._warn import say

# A disk is not taken to hang while it may be this slow.
_BYTES_PER_S = 10_000_000


class SpoolStream:
    """Writes the messages of an attempt to a file: a `TaskStream` with nobody at its end.

    Payloads and what the step logged itself are left out, on record, where
    there is no room for them; without the other messages there is no attempt.
    """

    spools = True

    def __init__(self, directory: str) -> None:
        # Why the stream can't be used any more, once it can't.
        self.failure: StreamLostError | None = None
        # Nobody has anything to tell.
        self.notices: list[str] = []
        self._directory = directory
        # Whatever threads of the step come late: a record is written at a time. One that the
        # same thread has left in the middle, for a signal, holds nothing up.
        self._lock = threading.RLock()
        self._file: SpoolFile | None = None
        self._opened = pb.Open()
        self._snapshot = pb.Snapshot()
        # The variable whose payload is being written, and where it begins in the file.
        self._payload = ("", 0)
        # Why payloads are left out, by variable.
        self._left_out: dict[str, str] = {}
        # Files that the step logged of which more parts are due, and where the first begins.
        self._unfinished_files: set[int] = set()
        self._log_whole_at = 0
        self._log_is_cut = False

    def send(self, **message: Any) -> None:
        """Write a message: see `send_request`."""
        self.send_request(pb.RecordTaskRequest(**message))

    def send_request(self, request: pb.RecordTaskRequest) -> None:
        """Write a message.

        Raises:
            StreamLostError: the attempt can't be kept.
            NoRoomError: the payload that is being written is left out.
        """
        with self._lock:
            if self.failure is not None:
                raise self.failure
            self._take(request)

    def receive(self, kind: str) -> Any:
        """Answer as the sidecar would.

        Raises:
            StreamLostError: the file can't be brought to disk.
        """
        if self.failure is not None:
            raise self.failure
        if kind == "plan":
            return plan_alone(self._opened, self._snapshot)
        if kind == "committed":
            with self._lock:
                self._finish()
        return {"opened": pb.Opened, "stored": pb.Stored, "committed": pb.Committed}[kind]()

    def drop_log(self, begun_at: int) -> None:
        """Drop what the step logged itself, from a place in the file on, and what still comes.

        Raises:
            StreamLostError: that can't be done.
        """
        with self._lock:
            self._log_is_cut = True
            self._cut(self._begun(), begun_at)

    @property
    def size_bytes(self) -> int:
        """How much is in the file."""
        return 0 if self._file is None else self._file.size_bytes

    def shorten_timeout(self, seconds: float) -> None:
        """Do nothing: nobody is waited for."""

    def close(self) -> None:
        """Do nothing: the file is open only while something is written."""

    def abandon(self) -> None:
        """Remove the file, unless it is finished."""
        with self._lock:
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.discard()
                self._file = None

    def _take(self, request: pb.RecordTaskRequest) -> None:
        kind = request.WhichOneof("message")
        if kind == "chunk":
            self._write_chunk(request)
        elif kind == "payload_skipped":
            self._write_skipped(request.payload_skipped)
        elif kind in ("metrics", "file_part"):
            self._write_log(request)
        else:
            self._write(self._noted(request))

    def _noted(self, request: pb.RecordTaskRequest) -> pb.RecordTaskRequest:
        """Remember what answers depend on, and return what is to be written."""
        kind = request.WhichOneof("message")
        if kind == "open":
            request.open.spooled = True
            self._opened = request.open
        elif kind == "snapshot":
            self._snapshot = request.snapshot
        return request

    def _write(self, request: pb.RecordTaskRequest) -> None:
        try:
            if self._file is None:
                self._file = SpoolFile(self._directory, self._opened.task)
            self._append(self._file, request)
        except (NoRoomError, OSError, ValueError) as error:
            raise self._lost(error) from error

    def _write_chunk(self, request: pb.RecordTaskRequest) -> None:
        variable = request.chunk.variable
        if variable in self._left_out:
            raise NoRoomError(self._left_out[variable])
        file = self._begun()
        if self._payload[0] != variable:
            self._payload = (variable, file.size_bytes)
        try:
            self._append(file, request, is_optional=True)
        except (NoRoomError, OSError) as error:
            self._cut(file, self._payload[1])
            self._left_out[variable] = f"there is no room to keep it: {_reason(error)}"
            say(f"{variable} is left out: {self._left_out[variable]}")
            raise NoRoomError(self._left_out[variable]) from error

    def _write_skipped(self, skipped: pb.PayloadSkipped) -> None:
        # What libraries make of an error that they meet while they write tells less.
        reason = self._left_out.get(skipped.variable, skipped.reason)
        skipped = pb.PayloadSkipped(variable=skipped.variable, reason=reason)
        self._write(pb.RecordTaskRequest(payload_skipped=skipped))

    def _write_log(self, request: pb.RecordTaskRequest) -> None:
        if self._log_is_cut:
            return
        file = self._begun()
        if not self._unfinished_files:
            self._log_whole_at = file.size_bytes
        try:
            self._append(file, request, is_optional=True)
        except (NoRoomError, OSError) as error:
            self._cut(file, self._log_whole_at)
            self._log_is_cut = True
            say(f"what the step logged itself is kept in part only: {_reason(error)}")
            return
        part = request.file_part
        if part.end_of_file:
            self._unfinished_files.discard(part.file_id)
        elif request.HasField("file_part"):
            self._unfinished_files.add(part.file_id)

    def _begun(self) -> SpoolFile:
        if self._file is None:
            raise self._lost(NoRoomError("the file is gone"))
        return self._file

    def _append(
        self, file: SpoolFile, request: pb.RecordTaskRequest, is_optional: bool = False
    ) -> None:
        file.append(request.SerializeToString(), is_optional)
        moved()

    def _cut(self, file: SpoolFile, size_bytes: int) -> None:
        try:
            file.cut(size_bytes)
        except OSError as error:
            raise self._lost(error) from error

    def _finish(self) -> None:
        file = self._begun()
        moved(allowance_s=file.size_bytes / _BYTES_PER_S)
        try:
            file.finish()
        except OSError as error:
            raise self._lost(error) from error
        self._file = None
        moved()

    def _lost(self, error: Exception) -> StreamLostError:
        self.failure = StreamLostError(f"nor can its data be kept: {_reason(error)}")
        return self.failure


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError) or not error.strerror:
        return error_text(error)
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror.lower()}{where}"
