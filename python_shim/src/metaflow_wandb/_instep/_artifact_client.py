"""Asks the sidecar for artifacts of W&B's, for a step that has no key."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._stream_lost import StreamLostError

if TYPE_CHECKING:
    from metaflow_wandb._instep._in_step import StepTransport

_SERVICE = "/metaflow_wandb.v1.IngestService/"
# W&B is asked for what the step can't do without, so it may take longer than
# the sidecar's other answers.
_PATIENCE = 6
_MAX_QUEUED = 4


class ArtifactError(Exception):
    """An artifact can't be had; `is_missing` tells that W&B holds none of that name."""

    def __init__(self, message: str, is_missing: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing


class ArtifactClient:
    """Calls the sidecar on the channel of the task's stream.

    Every wait ends when nothing has come for six times the time after which a
    step stops waiting otherwise.
    """

    def __init__(self, transport: StepTransport, task: pb.TaskAttempt) -> None:
        self._transport = transport
        self._task = task
        self._timeout_s = transport.timeout_s * _PATIENCE
        # Set once an answer was waited for in vain; nothing is asked for after that.
        self._given_up = False

    def use(self, name: str, type_: str) -> pb.UseArtifactResponse:
        """Look a version up, and record it as an input of the task's run.

        Raises:
            ArtifactError: there is none, or it can't be asked for.
        """
        import grpc

        # The attempt must be open there before anything is asked about it.
        if self._transport.opened() is None:
            raise ArtifactError(f"{name}: the sidecar does not answer")
        stream = self._stream(name)
        call = stream.channel.unary_unary(
            f"{_SERVICE}UseArtifact",
            request_serializer=pb.UseArtifactRequest.SerializeToString,
            response_deserializer=pb.UseArtifactResponse.FromString,
        )
        request = pb.UseArtifactRequest(task=self._task, name=name, type=type_)
        try:
            return call(request, timeout=self._timeout_s, metadata=stream.metadata)
        except grpc.RpcError as error:
            self._given_up = error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            raise _artifact_error(name, error) from None

    def read(self, qualified_name: str, path: str) -> Iterator[bytes]:
        """Return the bytes of one file, piece by piece.

        Raises:
            ArtifactError: it can't be read, or not to its end.
        """
        import grpc

        what = f"{path} of {qualified_name}"
        stream = self._stream(what)
        call = stream.channel.unary_stream(
            f"{_SERVICE}ReadArtifactFile",
            request_serializer=pb.ReadArtifactFileRequest.SerializeToString,
            response_deserializer=pb.ReadArtifactFileResponse.FromString,
        )
        request = pb.ReadArtifactFileRequest(
            task=self._task, qualified_name=qualified_name, path=path
        )
        responses = call(request, metadata=stream.metadata)
        try:
            for piece in _in_time(responses, self._timeout_s):
                yield piece.data
        except queue.Empty:
            self._given_up = True
            raise ArtifactError(f"{what}: nothing came for {self._timeout_s:g} s") from None
        except grpc.RpcError as error:
            raise _artifact_error(what, error) from None
        finally:
            responses.cancel()

    def _stream(self, what: str) -> Any:
        if self._given_up:
            raise ArtifactError(f"{what}: the sidecar has stopped answering")
        try:
            return self._transport.stream()
        except StreamLostError as error:
            raise ArtifactError(f"{what}: {error}") from None


def _in_time(responses: Any, timeout_s: float) -> Iterator[Any]:
    """Return responses as they come.

    Raises:
        queue.Empty: none came for too long.
        grpc.RpcError: the call failed.
    """
    came: queue.Queue[Any] = queue.Queue(_MAX_QUEUED)
    stopped = threading.Event()

    def read() -> None:
        end: Any = None
        try:
            for response in responses:
                _put(came, response, stopped)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            end = error
        _put(came, _End(end), stopped)

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            response = came.get(timeout=timeout_s)
            if isinstance(response, _End):
                if response.error is not None:
                    raise response.error
                return
            yield response
    finally:
        stopped.set()


class _End:
    def __init__(self, error: Exception | None) -> None:
        self.error = error


def _put(came: queue.Queue[Any], item: Any, stopped: threading.Event) -> None:
    while not stopped.is_set():
        with contextlib.suppress(queue.Full):
            came.put(item, timeout=0.1)
            return


def _artifact_error(what: str, error: Any) -> ArtifactError:
    code = getattr(error.code(), "name", "")
    return ArtifactError(f"{what}: {error.details() or code}", is_missing=code == "NOT_FOUND")
