"""One RecordTask stream, with a bound on every wait."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any

from metaflow_wandb._address import START_HINT, SidecarAddress
from metaflow_wandb._channel import open_channel
from metaflow_wandb._clock import monotonic_s
from metaflow_wandb._descriptors import Sentinel, never_free
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import guarded
from metaflow_wandb._patience import waiting
from metaflow_wandb._room import check_room
from metaflow_wandb._stream_lost import StreamLostError

_METHOD = "/metaflow_wandb.v1.IngestService/RecordTask"
# Messages on their way to the transport: with chunks of 1 MiB, a few MiB.
_MAX_QUEUED = 4
_POLL_S = 0.1
_GOODBYE_S = 0.5


class TaskStream:
    """Sends requests and waits for answers.

    Every wait ends when nothing has moved, either way, for the configured
    time, so a sidecar that is slow but alive is waited for and a dead one is
    not.
    """

    spools = False

    def __init__(self, address: SidecarAddress) -> None:
        # Why the stream can't be used any more, once it can't.
        self.failure: StreamLostError | None = None
        # Lines that the sidecar wants the user to see.
        self.notices: list[str] = []
        # The answer to Open, once it was received.
        self.opened: pb.Opened | None = None
        # Whether anything came from the sidecar.
        self.has_answered = False
        # What a call on the channel must carry along.
        self.metadata = [("authorization", f"Bearer {address.token}")] if address.token else None
        self._timeout_s = address.timeout_s
        self._target = address.target
        self._requests: queue.Queue[pb.RecordTaskRequest | None] = queue.Queue(_MAX_QUEUED)
        # None stands for the end of the stream.
        self._responses: queue.Queue[pb.RecordTaskResponse | None] = queue.Queue()
        self._ended = threading.Event()
        self._moved_at = monotonic_s()
        check_room()
        # Before the channel, whose descriptors get the next numbers.
        self._sentinel = Sentinel(self._let_go)
        self.channel: Any = open_channel(address)
        try:
            self._call: Any = self._begin_call(address)
        except BaseException as error:
            # Half begun, gRPC would wait for its own threads in a finalizer.
            never_free(self.channel)
            never_free(error)
            raise

    def send(self, **message: Any) -> None:
        """Queue a message; waits while the sidecar is behind.

        Raises:
            StreamLostError: the stream ended, or nothing moved for too long.
        """
        self.send_request(pb.RecordTaskRequest(**message))

    def send_request(self, request: pb.RecordTaskRequest) -> None:
        """Do as `send` does, with a message that is made already."""
        self._check_descriptors()
        with waiting():
            self._send(request)

    def receive(self, kind: str) -> Any:
        """Wait for the next answer of a kind, passing over answers before it.

        Raises:
            StreamLostError: the stream ended, or nothing moved for too long.
        """
        if kind == "opened" and self.opened is not None:
            return self.opened
        self._check_descriptors()
        with waiting():
            while True:
                response = self._next_response()
                answered = response.WhichOneof("message")
                if answered == "opened":
                    self.opened = response.opened
                    self.notices.append(response.opened.notice)
                if answered == kind:
                    return getattr(response, kind)

    def wait_until_taken_in(self) -> None:
        """Send nothing more, and wait until the sidecar is done with what was sent.

        Raises:
            StreamLostError: it did not take in all of it.
        """
        self._send(None)
        try:
            while True:
                self._next_response()
        except StreamLostError as error:
            if error.code != "OK":
                raise

    def shorten_timeout(self, seconds: float) -> None:
        """Wait for less long from now on."""
        self._timeout_s = min(self._timeout_s, seconds)

    def close(self) -> None:
        """End the stream and give its connection back."""
        if self._call is None:
            return
        if not self._sentinel.is_gone():
            self._end_requests()
            self._ended.wait(_GOODBYE_S)
        self.abandon()

    def abandon(self) -> None:
        """Drop the stream without another word."""
        if self._call is None:
            return
        if self._sentinel.is_gone():
            # Ending the channel would write to descriptors that are no longer its own.
            never_free((self.channel, self._call))
            self._call = self.channel = None
            self._sentinel.close()
            return
        self._call.cancel()
        self._end_requests()
        self.channel.close()
        self._sentinel.close()

    def _let_go(self) -> None:
        """Give the connection back at once: the step is about to close its descriptors."""
        with guarded(quiet=True):
            self.failure = StreamLostError("the step closed the connection", retryable=True)
            self.abandon()
            self._reader.join(_GOODBYE_S)
            # Only once nothing refers to them does gRPC give back what it shares among channels.
            self._call = self.channel = None
            self._sentinel.wait_until_given_back()

    def _begin_call(self, address: SidecarAddress) -> Any:
        method = self.channel.stream_stream(
            _METHOD,
            request_serializer=pb.RecordTaskRequest.SerializeToString,
            response_deserializer=pb.RecordTaskResponse.FromString,
        )
        call = method(
            self._outgoing(), metadata=self.metadata, wait_for_ready=address.may_be_starting
        )
        # A call that has ended already, as where nobody listens, calls nobody back.
        if not call.add_callback(self._ended.set):
            self._ended.set()
        # Before the step, which may put something else in a thread's place.
        self._reader = threading.Thread(target=self._read, args=(call,), daemon=True)
        self._reader.start()
        return call

    def _send(self, request: pb.RecordTaskRequest | None) -> None:
        started = monotonic_s()
        while True:
            if self._ended.is_set():
                raise self._lost()
            try:
                self._requests.put(request, timeout=_POLL_S)
                return
            except queue.Full:
                self._check_progress(started)

    def _next_response(self) -> pb.RecordTaskResponse:
        started = monotonic_s()
        while True:
            try:
                response = self._responses.get(timeout=_POLL_S)
            except queue.Empty:
                self._check_progress(started)
                continue
            if response is None:
                raise self._lost()
            return response

    def _check_descriptors(self) -> None:
        if self._call is None:
            raise self._lost()
        if self._sentinel.is_gone():
            self.failure = StreamLostError("the step closed the connection to the sidecar")
            raise self.failure

    def _end_requests(self) -> None:
        """Let the thread that takes requests out of the queue end."""
        with contextlib.suppress(queue.Full):
            self._requests.put_nowait(None)

    def _outgoing(self) -> Iterator[pb.RecordTaskRequest]:
        while True:
            request = self._requests.get()
            self._moved_at = monotonic_s()
            if request is None:
                return
            yield request
            if request.HasField("close"):
                return  # nothing comes after it, and the sidecar ends the call with its answer

    def _read(self, call: Any) -> None:
        try:
            for response in call:
                self._moved_at = monotonic_s()
                self.has_answered = True
                self._responses.put(response)
        except Exception:  # noqa: BLE001 - the call itself tells why it ended
            pass
        self._responses.put(None)

    def _check_progress(self, started: float) -> None:
        still_s = monotonic_s() - max(started, self._moved_at)
        if still_s > self._timeout_s:
            text = f"the sidecar did not answer within {self._timeout_s:g} s"
            self.failure = StreamLostError(text, stood_still=True)
            raise self.failure

    def _lost(self) -> StreamLostError:
        if self._call is None:
            return self.failure or StreamLostError("the stream was given up")
        code = self._call.code()
        name = getattr(code, "name", str(code))
        details = self._call.details() or "no details"
        text = f"{name}: {details}"
        if name == "UNAVAILABLE" and "connect" in details:
            text = f"no sidecar answers at {self._target} ({START_HINT})"
        retryable = name in ("UNAVAILABLE", "OK", "ABORTED")
        self.failure = StreamLostError(text, retryable, code=name)
        return self.failure
