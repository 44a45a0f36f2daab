"""Streams what a step logs, in order, while the step runs."""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Callable
from typing import BinaryIO, Protocol

from google.protobuf.message import DecodeError

from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._sent_log import SentLog
from metaflow_wandb._stream_lost import StreamLostError

_BATCH_S = 0.2
_MAX_ENTRIES = 100
_MAX_BYTES = 256 * 1024
# The sidecar takes messages of 32 MiB.
_MAX_ENTRY_BYTES = 24 * 1024 * 1024
_PART_BYTES = 1024 * 1024
_RETRY_S = 0.3


class Transport(Protocol):
    """The stream of an attempt, as long as its step runs."""

    # Seconds without progress after which nothing is waited for any more.
    timeout_s: float

    @property
    def spools(self) -> bool:
        """Whether it is a file, which no other will take the place of."""
        ...

    def send(self, message: pb.RecordTaskRequest) -> None:
        """Queue a message.

        Raises:
            StreamLostError: the stream ended, or nothing moved for too long.
        """
        ...

    def replace(self) -> None:
        """Open a new stream in place of one that broke.

        Raises:
            StreamLostError: that failed, too.
        """
        ...

    def restart_wait_s(self) -> float:
        """Return for how many seconds a sidecar that was lost is worth waiting for."""
        ...

    def fall_back(self, lost: StreamLostError) -> None:
        """Go on with a file in place of a stream that is lost.

        Raises:
            StreamLostError: there can't be one.
        """
        ...


class LogSender:
    """Sends entries in batches: every fifth of a second, or when there are many.

    Any thread may add entries. A thread that adds faster than the sidecar
    takes them waits, for the configured time at most. A stream that breaks is
    replaced, and begun with what it had carried; once that fails too, a file
    takes its place. Children that the step forks are not heard.
    """

    def __init__(self, transport: Transport) -> None:
        # Why nothing can be sent any more, once it can't.
        self.failure: StreamLostError | None = None
        self._transport = transport
        self._sent = SentLog()
        self._pid = os.getpid()
        self._pending: list[pb.LogEntry] = []
        self._pending_bytes = 0
        self._pending_lock = threading.Lock()
        # Held from taking a batch to its being sent, which keeps the order.
        self._sending = threading.Lock()
        self._last_file_id = 0
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_off(self) -> bool:
        """Whether everything is dropped."""
        return self._closed.is_set() or self.failure is not None or os.getpid() != self._pid

    def add(self, entry: pb.LogEntry) -> None:
        """Take an entry, to be sent soon.

        Raises:
            ValueError: it is larger than the sidecar takes.
        """
        if self.is_off:
            return
        size = entry.ByteSize()
        if size > _MAX_ENTRY_BYTES:
            raise ValueError(f"it takes {size} bytes; {_MAX_ENTRY_BYTES} are the most")
        with self._pending_lock:
            self._pending.append(entry)
            self._pending_bytes += size
            full = len(self._pending) >= _MAX_ENTRIES or self._pending_bytes >= _MAX_BYTES
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        self._wake.set()
        if full:
            self.flush()

    def send_file(self, file: BinaryIO) -> int:
        """Send a file's content at once; return the number that an entry names it by.

        What is left of it once the step has ended is dropped, as its entry is.
        """
        if self.is_off:
            return 0
        with self._pending_lock:
            self._last_file_id += 1
            file_id = self._last_file_id
        data = file.read(_PART_BYTES)
        while True:
            following = file.read(_PART_BYTES)
            part = pb.FilePart(file_id=file_id, data=data, end_of_file=not following)
            with self._sending:
                # The session sends by itself once this is closed.
                if not self.is_off:
                    self._send(pb.RecordTaskRequest(file_part=part))
            if not following or self.is_off:
                return file_id
            data = following

    def flush(self) -> None:
        """Send what was added so far."""
        with self._sending:
            self._send_batch()

    def close(self) -> None:
        """Send the rest, and nothing more whatever the step's threads still do."""
        if os.getpid() != self._pid:
            return
        with self._sending:
            self._send_batch()
            self._closed.set()
        self._wake.set()

    def replay(self, send: Callable[[pb.RecordTaskRequest], None]) -> None:
        """Send what was sent before once more.

        Raises:
            StreamLostError: the stream ended again, or there was more than was kept.
        """
        if not self._sent.is_whole:
            raise StreamLostError("there was too much of it to send it again")
        try:
            for message in self._sent.messages():
                send(message)
        except (OSError, ValueError, struct.error, DecodeError) as error:
            # The step has closed the descriptor of the copy, as it may.
            raise StreamLostError(f"it can't be read again: {error_text(error)}") from error

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._closed.wait(_BATCH_S)
            self._wake.clear()
            self.flush()

    def _send_batch(self) -> None:
        with self._pending_lock:
            batch, self._pending, self._pending_bytes = self._pending, [], 0
        if batch and not self.is_off:
            self._send(pb.RecordTaskRequest(metrics=pb.Metrics(entries=batch)))

    def _send(self, message: pb.RecordTaskRequest) -> None:
        if self.failure is not None:
            return
        try:
            try:
                self._transport.send(message)
            except StreamLostError as error:
                if not error.retryable:
                    raise
                self._send_anew(message)
            if not self._transport.spools:
                self._sent.add(message)
        except StreamLostError as error:
            self._send_to_file(message, error)
        except Exception as error:
            if not may_be_swallowed(error):
                raise
            self.failure = StreamLostError(f"{type(error).__name__}: {error_text(error)}")

    def _send_anew(self, message: pb.RecordTaskRequest) -> None:
        """Replace the stream, and wait a while for a sidecar that is being restarted."""
        give_up_at = time.monotonic() + self._transport.restart_wait_s()
        while (error := self._failure_of_new_stream(message)) is not None:
            if not error.retryable or time.monotonic() > give_up_at:
                raise error
            time.sleep(_RETRY_S)

    def _send_to_file(self, message: pb.RecordTaskRequest, lost: StreamLostError) -> None:
        try:
            self._transport.fall_back(lost)
            self._transport.send(message)
            self._sent.close()
        except StreamLostError as error:
            self.failure = error

    def _failure_of_new_stream(self, message: pb.RecordTaskRequest) -> StreamLostError | None:
        try:
            self._transport.replace()
            self._transport.send(message)
        except StreamLostError as error:
            return error
        return None
