"""What the shim does for one task attempt, from its first hook to its last."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from metaflow_wandb._close import close_message
from metaflow_wandb._delivery import Delivery
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import Layers, TaskContext, guarded
from metaflow_wandb._instep._in_step import InStep
from metaflow_wandb._instep._session_transport import SessionTransport
from metaflow_wandb._open import open_message
from metaflow_wandb._quiet import quiet
from metaflow_wandb._reach import Route
from metaflow_wandb._snapshot import StepSnapshot, take_snapshot
from metaflow_wandb._stream_lost import StreamLostError
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._warn import say

if TYPE_CHECKING:
    from metaflow_wandb._stream_type import Stream

# Somebody who pressed Ctrl-C is not kept waiting longer than this.
_INTERRUPTED_TIMEOUT_S = 2.0


class TaskSession:
    """Records one attempt of one task."""

    def __init__(self, context: TaskContext, layers: Layers, route: Route) -> None:
        self._context = context
        self._layers = layers
        self._tracker = VariableTracker(context.flow, context.datastore)
        self._delivery = Delivery(route, self._replay)
        self._exception: BaseException | None = None
        self._values_sent = False
        self._snapshot: StepSnapshot | None = None
        self._closed = False
        self._pid = os.getpid()
        lent = SessionTransport(route.address.timeout_s, self._delivery)
        self._in_step = InStep(context, layers, lent)

    def begin(self) -> None:
        """Open the stream, without waiting for it, and begin to watch variables."""
        try:
            self._delivery.begin(open_message(self._context, self._layers))
            self._tracker.start()
            self._watch_persist()
        except StreamLostError as error:
            self._give_up(error)
        except BaseException:
            self._tracker.stop()
            raise
        self._in_step.begin()

    def step_succeeded(self) -> None:
        """Send what the step assigned: its code has returned."""
        self._send_values()

    def step_raised(self, exception: BaseException) -> None:
        """Keep what the step raised; its values go when all decorators have seen it too.

        `@catch` assigns the exception to a variable, before or after this.
        """
        self._tracker.hide_from(exception)
        self._exception = exception

    def task_finished(self, is_task_ok: bool | None) -> None:
        """Say how the task ended and what Metaflow stored of it."""
        self._close(ok=bool(is_task_ok))

    def _send_values(self) -> None:
        self._in_step.end()
        if self._delivery.is_over or self._values_sent or self._in_a_fork():
            return
        self._values_sent = True
        try:
            if self._in_step.failure is not None:
                raise self._in_step.failure
            with quiet():
                self._snapshot = take_snapshot(self._context, self._tracker)
            self._delivery.run(self._send_snapshot, self._send_snapshot)
            # The values are Metaflow's to drop now; the description stays.
            self._snapshot = self._snapshot._replace(values={})
        except StreamLostError as error:
            self._give_up(error)

    def _replay(self, send: Callable[[pb.RecordTaskRequest], None]) -> None:
        self._in_step.replay(send)

    def _send_snapshot(self, stream: Stream) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        stream.send(snapshot=snapshot.message)
        if snapshot.may_need_payloads:
            from metaflow_wandb._payloads import send_payloads

            send_payloads(stream, stream.receive("plan"), snapshot.values)

    def _load_values_again(self) -> None:
        from metaflow_wandb._stored_values import StoredValues

        if self._snapshot is not None:
            self._snapshot = self._snapshot._replace(values=StoredValues(self._context))

    def _close(self, ok: bool) -> None:
        self._tracker.stop()
        self._in_step.end()
        if self._delivery.is_over or self._closed or self._in_a_fork():
            return
        self._closed = True
        if isinstance(self._exception, KeyboardInterrupt):
            self._delivery.shorten_timeout(_INTERRUPTED_TIMEOUT_S)
        close = close_message(self._context, self._tracker, ok, self._exception)

        def finish(stream: Stream) -> None:
            _finish(stream, close)

        def start_over(stream: Stream) -> None:
            self._load_values_again()
            self._send_snapshot(stream)
            finish(stream)

        try:
            self._delivery.run(finish, start_over)
            self._delivery.committed()
        except StreamLostError as error:
            self._give_up(error)

    def _watch_persist(self) -> None:
        """Hear of what no hook tells: exits, and values that Metaflow can't store."""
        output = self._context.datastore
        persist = output.persist

        def watched(flow: Any) -> Any:
            output.__dict__.pop("persist", None)
            with guarded():
                self._before_persist()
            try:
                return persist(flow)
            except Exception as error:
                self._exception = error
                with guarded():
                    self._close(ok=False)
                raise

        output.persist = watched

    def _before_persist(self) -> None:
        if not self._values_sent:
            # The step raised; or no hook was called, since SystemExit or KeyboardInterrupt is
            # on its way out.
            if self._exception is None:
                self._exception = sys.exc_info()[1]
            if isinstance(self._exception, KeyboardInterrupt):
                self._delivery.shorten_timeout(_INTERRUPTED_TIMEOUT_S)
            self._send_values()
        self._tracker.stop()

    def _in_a_fork(self) -> bool:
        """Say whether this is a child that the step forked; the stream is its parent's."""
        return os.getpid() != self._pid

    def _give_up(self, error: StreamLostError) -> None:
        self._tracker.stop()
        self._delivery.give_up(error)


def _finish(stream: Stream, close: pb.Close) -> None:
    stream.send(close=close)
    committed = stream.receive("committed")
    stream.close()
    for notice in (*stream.notices, committed.notice):
        if notice:
            say(notice)
