"""What a stream is to those who send: for type checkers alone, since a Protocol costs time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._stream_lost import StreamLostError


class Stream(Protocol):
    """A `TaskStream`, or what stands for one."""

    # Whether this writes to a file.
    spools: bool
    # Why the stream can't be used any more, once it can't.
    failure: StreamLostError | None
    # Lines that the sidecar wants the user to see.
    notices: list[str]

    def send(self, **message: Any) -> None: ...
    def send_request(self, request: pb.RecordTaskRequest) -> None: ...
    def receive(self, kind: str) -> Any: ...
    def shorten_timeout(self, seconds: float) -> None: ...
    def close(self) -> None: ...
    def abandon(self) -> None: ...


# Goes on with an attempt on a stream.
Continue = Callable[[Stream], None]
