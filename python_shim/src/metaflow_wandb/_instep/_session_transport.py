"""A session's stream, as what its step logs sees it."""

from __future__ import annotations

from collections.abc import Callable

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._stream import StreamLostError, TaskStream


class SessionTransport:
    """Lends the stream of a task's session while its step runs."""

    def __init__(
        self,
        timeout_s: float,
        stream: Callable[[], TaskStream],
        reconnect: Callable[[], TaskStream],
    ) -> None:
        self.timeout_s = timeout_s
        self._stream = stream
        self._reconnect = reconnect

    def stream(self) -> TaskStream:
        """Return the stream of now.

        Raises:
            StreamLostError: there is none any more.
        """
        return self._stream()

    def send(self, message: pb.RecordTaskRequest) -> None:
        """Queue a message: see `Transport`."""
        self._stream().send_request(message)

    def replace(self) -> None:
        """Open a new stream, begun with what the step has logged: see `Transport`."""
        self._reconnect().receive("opened")

    def opened(self) -> pb.Opened | None:
        """Wait for what the sidecar says of the run; None where it does not answer."""
        try:
            return self._stream().receive("opened")
        except StreamLostError:
            return None
