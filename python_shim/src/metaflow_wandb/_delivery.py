"""Gets an attempt's messages to the sidecar, or keeps them where that can't be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from metaflow_wandb import _run_mark
from metaflow_wandb._faults import error_text
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._reach import Route
from metaflow_wandb._spool_place import kept_in
from metaflow_wandb._stream import TaskStream
from metaflow_wandb._stream_lost import StreamLostError
from metaflow_wandb._warn import say, say_once

if TYPE_CHECKING:
    from metaflow_wandb._stream_type import Continue, Stream


class Delivery:
    """The stream of an attempt; a new one once it breaks; at last a file.

    Each of them begins with Open, and with what the step has logged so far.
    """

    def __init__(
        self,
        route: Route,
        replay: Callable[[Callable[[pb.RecordTaskRequest], None]], None] = lambda _: None,
        is_quiet: bool = False,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            route: the sidecar, and whether it is worth trying.
            replay: sends what the step has logged so far.
            is_quiet: the user is told nothing.
        """
        self._route = route
        self._replay = replay
        self._is_quiet = is_quiet
        self._address = route.address
        self._stream: Stream | None = None
        self._open = pb.Open()
        # Whether nothing is delivered any more.
        self.is_over = False
        # What the user is to be told once the attempt is kept.
        self._untold = ""

    @property
    def spools(self) -> bool:
        """Whether the attempt goes to a file."""
        return self._stream is not None and self._stream.spools

    def begin(self, opened: pb.Open) -> None:
        """Open a stream, without waiting for it, or a file.

        Raises:
            StreamLostError: neither can be had.
        """
        self._open = opened
        if self._route.why_not:
            self.fall_back(StreamLostError(self._route.why_not))
            return
        try:
            self._connect()
        except StreamLostError as error:
            self.fall_back(error)

    def stream(self) -> Stream:
        """Return the stream of now.

        Raises:
            StreamLostError: there is none any more.
        """
        if self._stream is None:
            raise StreamLostError("the task is not recorded any more")
        return self._stream

    def run(self, go_on: Continue, start_over: Continue) -> None:
        """Go on with the stream of now; where that breaks, start over with another, at last a file.

        Raises:
            StreamLostError: nothing can be delivered any more.
        """
        stream = self.stream()
        try:
            go_on(stream)
            return
        except StreamLostError as error:
            if stream.spools:
                raise
            lost = error
        if lost.retryable:
            try:
                start_over(self.reconnect())
                return
            except StreamLostError as error:
                lost = error
        self.fall_back(lost)
        start_over(self.stream())

    def reconnect(self) -> Stream:
        """Open a new stream in place of one that broke.

        Raises:
            StreamLostError: that failed, too.
        """
        # A sidecar that was there is being restarted, as a rule: it is waited for.
        self._address = self._address._replace(may_be_starting=self.may_come_back)
        if self._stream is not None:
            self._stream.abandon()
        stream = self._connect()
        self._replay(stream.send_request)
        return stream

    @property
    def may_come_back(self) -> bool:
        """Whether the sidecar was there, and no other task has just waited for it in vain."""
        was_there = isinstance(self._stream, TaskStream) and self._stream.has_answered
        waited_for = self._address.may_be_starting or was_there
        return waited_for and not _run_mark.stood_still_lately()

    def fall_back(self, lost: StreamLostError) -> None:
        """Go on with a file in place of a stream that is lost.

        Raises:
            StreamLostError: there can't be one, or what is sent is to blame.
        """
        if self.is_over:
            raise lost
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None
        is_first = self._noted(lost)
        if lost.is_refusal:
            raise lost
        from metaflow_wandb._spool._stream import SpoolStream

        self._stream = stream = SpoolStream(self._route.spool)
        try:
            stream.send(open=self._open)
        except StreamLostError as error:
            raise StreamLostError(f"{lost}; {error}") from error
        if is_first:
            self._untold = f"{lost}; {kept_in(self._route.spool)}"
        log_begins_at = stream.size_bytes
        try:
            self._replay(stream.send_request)
        except StreamLostError as error:
            # What of it still comes may be the rest of a file, or name one that isn't there.
            stream.drop_log(log_begins_at)
            say(f"what the step logged itself is lost: {error}")

    def committed(self) -> None:
        """Note that the attempt is where it should be; or tell the user where it is."""
        if not self.spools:
            _run_mark.note_answer()
        if self._untold:
            say(self._untold)

    def shorten_timeout(self, seconds: float) -> None:
        """Wait for less long from now on."""
        timeout_s = min(self._address.timeout_s, seconds)
        self._address = self._address._replace(timeout_s=timeout_s)
        if self._stream is not None:
            self._stream.shorten_timeout(seconds)

    def give_up(self, lost: StreamLostError) -> None:
        """Deliver nothing more, and say so."""
        self.is_over = True
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None
        if not self._is_quiet:
            say_once(f"{lost}; the flow runs on but this task is not logged")

    def _connect(self) -> TaskStream:
        self._stream = None
        try:
            self._stream = stream = TaskStream(self._address)
        except OSError as error:
            text = f"no connection can be made: {type(error).__name__}: {error_text(error)}"
            raise StreamLostError(text) from error
        stream.send(open=self._open)
        return stream

    def _noted(self, lost: StreamLostError) -> bool:
        """Note for other tasks that the sidecar can't be reached; say whether to tell the user."""
        if self._is_quiet:
            if lost.stood_still:
                _run_mark.note_silent_wait()
            return False
        return _run_mark.note_failure(lost.stood_still)
