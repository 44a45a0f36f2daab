"""Offers a step the W&B run of its task while its code runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from metaflow_wandb._hooks import Layers, TaskContext, guarded
from metaflow_wandb._instep import _active
from metaflow_wandb._instep._wandb_patch import WandbPatch

if TYPE_CHECKING:
    from metaflow_wandb._gen import ingest_pb2 as pb
    from metaflow_wandb._instep._sender import LogSender
    from metaflow_wandb._instep._task_run import TaskRun
    from metaflow_wandb._stream import TaskStream
from metaflow_wandb._stream_lost import StreamLostError


class StepTransport(Protocol):
    """What a session lends to its step: see `Transport`, and the stream itself."""

    timeout_s: float

    @property
    def spools(self) -> bool: ...
    def send(self, message: pb.RecordTaskRequest) -> None: ...
    def replace(self) -> None: ...
    def restart_wait_s(self) -> float: ...
    def fall_back(self, lost: StreamLostError) -> None: ...
    def stream(self) -> TaskStream: ...
    def opened(self) -> pb.Opened | None: ...


class InStep:
    """Makes the task's run on first use, and ends it with the step.

    Without a transport the run drops what it is given. A step that uses
    neither W&B's client nor `metaflow_wandb.run` costs nothing.
    """

    def __init__(
        self, context: TaskContext, layers: Layers, transport: StepTransport | None
    ) -> None:
        self._context = context
        self._layers = layers
        self._transport = transport
        self._sender: LogSender | None = None
        self._task_run: TaskRun | None = None
        self._wandb_run: Any = None
        self._lock = threading.RLock()
        self._patch = WandbPatch(self.wandb_run)

    def begin(self) -> None:
        """Offer the run from now on, where the step is decorated and did not opt out."""
        nearest = next((layer[0] for layer in self._layers.values() if layer), None)
        if nearest is None or not nearest.enabled:
            return
        _active.in_step = self
        self._patch.install()

    def end(self) -> None:
        """Send the rest, and leave W&B's client as it was. May be called again."""
        if _active.in_step is self:
            _active.in_step = None
        with guarded(quiet=True):
            if self._wandb_run is not None:
                self._wandb_run.end_with_step()
        with guarded(quiet=True):
            self._patch.remove()
        if self._sender is not None:
            self._sender.close()

    @property
    def failure(self) -> StreamLostError | None:
        """Why what the step logged was lost; None where it wasn't."""
        return None if self._sender is None else self._sender.failure

    def replay(self, send: Callable[[pb.RecordTaskRequest], None]) -> None:
        """Send on a new stream what the step has logged.

        Raises:
            StreamLostError: that can't be done.
        """
        if self._sender is not None:
            self._sender.replay(send)

    def task_run(self) -> TaskRun:
        """Return the task's run."""
        with self._lock:
            if self._task_run is None:
                self._task_run = self._new_task_run()
            return self._task_run

    def wandb_run(self) -> Any:
        """Return the task's run as W&B's client knows runs."""
        with self._lock:
            if self._wandb_run is None:
                from metaflow_wandb._instep._wandb_run import open_run

                self._wandb_run = open_run(self.task_run(), self._artifacts())
            return self._wandb_run

    def _new_task_run(self) -> TaskRun:
        from metaflow_wandb._instep._identity import flow_parameters, run_identity
        from metaflow_wandb._instep._sender import LogSender
        from metaflow_wandb._instep._task_run import TaskRun

        transport = self._transport
        if transport is not None:
            self._sender = LogSender(transport)
        return TaskRun(
            run_identity(self._context, self._layers),
            self._sender,
            (lambda: None) if transport is None else transport.opened,
            flow_parameters(self._context),
        )

    def _artifacts(self) -> Any:
        if self._transport is None:
            return None
        from metaflow_wandb._instep._artifact_client import ArtifactClient
        from metaflow_wandb._open import task_attempt

        context = self._context
        task = task_attempt(context, context.step_name, context.task_id, context.retry_count)
        return ArtifactClient(self._transport, task)


class DroppingHooks:
    """Takes the hooks of a task that is not recorded, though it is decorated."""

    def __init__(self, context: TaskContext, layers: Layers) -> None:
        self._in_step = InStep(context, layers, None)
        self._in_step.begin()

    def step_succeeded(self) -> None:
        self._in_step.end()

    def step_raised(self, exception: BaseException) -> None:
        self._in_step.end()

    def task_finished(self, is_task_ok: bool | None) -> None:
        self._in_step.end()
