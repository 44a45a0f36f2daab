"""A session's stream, as what its step logs sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaflow_wandb._stream import TaskStream
from metaflow_wandb._stream_lost import StreamLostError

if TYPE_CHECKING:
    from metaflow_wandb._delivery import Delivery
    from metaflow_wandb._gen import ingest_pb2 as pb


class SessionTransport:
    """Lends the stream of a task's session while its step runs."""

    def __init__(self, timeout_s: float, delivery: Delivery) -> None:
        self.timeout_s = timeout_s
        self._delivery = delivery

    @property
    def spools(self) -> bool:
        """Whether it is a file: see `Transport`."""
        return self._delivery.spools

    def stream(self) -> TaskStream:
        """Return the stream of now.

        Raises:
            StreamLostError: there is none to a sidecar any more.
        """
        stream = self._delivery.stream()
        if not isinstance(stream, TaskStream):
            raise StreamLostError("no sidecar can be reached")
        return stream

    def send(self, message: pb.RecordTaskRequest) -> None:
        """Queue a message: see `Transport`."""
        self._delivery.stream().send_request(message)

    def replace(self) -> None:
        """Open a new stream, begun with what the step has logged: see `Transport`."""
        self._delivery.reconnect().receive("opened")

    def restart_wait_s(self) -> float:
        """Return for how long a sidecar that was lost is worth waiting for: see `Transport`."""
        return self.timeout_s if self._delivery.may_come_back else 0.0

    def fall_back(self, lost: StreamLostError) -> None:
        """Go on with a file, begun with what the step has logged: see `Transport`."""
        self._delivery.fall_back(lost)

    def opened(self) -> pb.Opened | None:
        """Wait for what the sidecar says of the run; None where it does not answer."""
        try:
            return self.stream().receive("opened")
        except StreamLostError:
            return None
