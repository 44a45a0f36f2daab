"""What the shim does for a task that is not logged, so that lineage goes through it.

Such a step is not decorated, or opted out, in a flow of which other steps are
logged. Nothing that goes wrong here is worth a word to the user.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metaflow_wandb._clock import now_us

if TYPE_CHECKING:
    from metaflow_wandb._gen import ingest_pb2 as pb
    from metaflow_wandb._hooks import Layers, TaskContext
    from metaflow_wandb._reach import Route
    from metaflow_wandb._stream_type import Stream


def is_logged(layers: Layers) -> bool:
    """Say whether a step with these decorations is logged: the nearest one decides."""
    nearest = [options for layer in layers.values() for options in layer][:1]
    return any(options.enabled for options in nearest)


class LineageSession:
    """Watches one attempt of one task, and tells of it once it has succeeded.

    Nobody reads from an attempt that failed.
    """

    def __init__(self, context: TaskContext, layers: Layers, route: Route) -> None:
        from metaflow_wandb._tracking import VariableTracker

        self._context = context
        self._layers = layers
        self._route = route
        self._tracker = VariableTracker(context.flow, context.datastore)
        self._started_at_us = now_us()
        self._snapshot: pb.Snapshot | None = None
        self._pid = os.getpid()

    def begin(self) -> None:
        """Begin to watch variables."""
        try:
            self._tracker.start()
        except BaseException:
            self._tracker.stop()
            raise

    def step_succeeded(self) -> None:
        """Take stock: the step's code has returned."""
        self._take_stock()

    def step_raised(self, exception: BaseException) -> None:
        """Take stock all the same: `@catch` may make a success of it."""
        self._tracker.hide_from(exception)
        self._take_stock()

    def task_finished(self, is_task_ok: bool | None) -> None:
        """Tell what the task read, made and passed on."""
        self._tracker.stop()
        in_a_fork = os.getpid() != self._pid
        if is_task_ok and self._snapshot is not None and not in_a_fork:
            self._tell(self._snapshot)

    def _take_stock(self) -> None:
        from metaflow_wandb._lean_imports import import_protobuf

        import_protobuf()
        from metaflow_wandb._quiet import quiet
        from metaflow_wandb._snapshot import take_lineage_snapshot

        with quiet():
            self._snapshot = take_lineage_snapshot(self._context, self._tracker)
        self._tracker.stop()

    def _tell(self, snapshot: pb.Snapshot) -> None:
        from metaflow_wandb._close import close_message
        from metaflow_wandb._delivery import Delivery
        from metaflow_wandb._open import lineage_open_message
        from metaflow_wandb._stream_lost import StreamLostError

        opened = lineage_open_message(self._context, self._layers, self._started_at_us)
        close = close_message(self._context, self._tracker, ok=True, exception=None)

        def tell(stream: Stream) -> None:
            stream.send(snapshot=snapshot)
            stream.send(close=close)
            stream.receive("committed")
            stream.close()

        delivery = Delivery(self._route, is_quiet=True)
        try:
            delivery.begin(opened)
            delivery.run(tell, tell)
            delivery.committed()
        except StreamLostError as error:
            delivery.give_up(error)
