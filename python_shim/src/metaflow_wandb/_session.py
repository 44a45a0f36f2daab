"""What the shim does for one task attempt, from its first hook to its last."""

from __future__ import annotations

import os
import sys
from typing import Any

from metaflow_wandb._address import SidecarAddress
from metaflow_wandb._close import close_message
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import Layers, TaskContext, guarded
from metaflow_wandb._instep._in_step import InStep
from metaflow_wandb._instep._session_transport import SessionTransport
from metaflow_wandb._open import open_message
from metaflow_wandb._quiet import quiet
from metaflow_wandb._reach import report_unreachable
from metaflow_wandb._snapshot import StepSnapshot, take_snapshot
from metaflow_wandb._stream import StreamLostError, TaskStream
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._warn import say

# Somebody who pressed Ctrl-C is not kept waiting longer than this.
_INTERRUPTED_TIMEOUT_S = 2.0


class TaskSession:
    """Records one attempt of one task."""

    def __init__(self, context: TaskContext, layers: Layers, address: SidecarAddress) -> None:
        self._context = context
        self._layers = layers
        self._address = address
        self._tracker = VariableTracker(context.flow, context.datastore)
        self._stream: TaskStream | None = None
        self._open: pb.Open | None = None
        self._exception: BaseException | None = None
        self._values_sent = False
        self._snapshot: StepSnapshot | None = None
        self._payloads_sent = False
        self._closed = False
        self._pid = os.getpid()
        lent = SessionTransport(address.timeout_s, self._current_stream, self._reconnect)
        self._in_step = InStep(context, layers, lent)

    def begin(self) -> None:
        """Open the stream, without waiting for it, and begin to watch variables."""
        try:
            self._open = open_message(self._context, self._layers)
            self._connect()
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

    def _connect(self) -> TaskStream:
        self._stream = TaskStream(self._address)
        self._stream.send(open=self._open)
        return self._stream

    def _current_stream(self) -> TaskStream:
        if self._stream is None:
            raise StreamLostError("the task is not recorded any more")
        return self._stream

    def _send_values(self) -> None:
        self._in_step.end()
        stream = self._stream
        if stream is None or self._values_sent or self._in_a_fork():
            return
        self._values_sent = True
        try:
            if self._in_step.failure is not None:
                raise self._in_step.failure
            with quiet():
                self._snapshot = take_snapshot(self._context, self._tracker)
            try:
                self._send_snapshot(stream)
            except StreamLostError as error:
                if not error.retryable:
                    raise
                # The sidecar was restarted under the step; a new stream replaces the first.
                self._send_snapshot(self._reconnect())
            # The values are Metaflow's to drop now; the description stays.
            self._snapshot.values.clear()
        except StreamLostError as error:
            self._give_up(error)

    def _reconnect(self) -> TaskStream:
        if self._stream is not None:
            self._stream.abandon()
        # A sidecar that was there is being restarted, as a rule: it is waited for.
        self._address = self._address._replace(may_be_starting=True)
        stream = self._connect()
        self._in_step.replay(stream.send_request)
        return stream

    def _send_snapshot(self, stream: TaskStream) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        stream.send(snapshot=snapshot.message)
        if snapshot.may_need_payloads:
            from metaflow_wandb._payloads import send_payloads

            plan = stream.receive("plan").variables
            self._payloads_sent = send_payloads(stream, plan, snapshot.values)

    def _close(self, ok: bool) -> None:
        self._tracker.stop()
        self._in_step.end()
        stream = self._stream
        if stream is None or self._closed or self._in_a_fork():
            return
        self._closed = True
        if isinstance(self._exception, KeyboardInterrupt):
            stream.shorten_timeout(_INTERRUPTED_TIMEOUT_S)
        close = close_message(self._context, self._tracker, ok, self._exception)
        try:
            try:
                _finish(stream, close)
            except StreamLostError as error:
                # With payloads there is no second try: their values are gone by now, and
                # what the sidecar has of them a new stream would replace.
                if not error.retryable or self._payloads_sent:
                    raise
                stream = self._reconnect()
                if self._snapshot is not None:
                    stream.send(snapshot=self._snapshot.message)
                _finish(stream, close)
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
            if isinstance(self._exception, KeyboardInterrupt) and self._stream is not None:
                self._stream.shorten_timeout(_INTERRUPTED_TIMEOUT_S)
            self._send_values()
        self._tracker.stop()

    def _in_a_fork(self) -> bool:
        """Say whether this is a child that the step forked; the stream is its parent's."""
        return os.getpid() != self._pid

    def _give_up(self, error: StreamLostError) -> None:
        self._tracker.stop()
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None
        report_unreachable(str(error), stood_still=error.stood_still)


def _finish(stream: TaskStream, close: pb.Close) -> None:
    stream.send(close=close)
    committed = stream.receive("committed")
    stream.close()
    for notice in (*stream.notices, committed.notice):
        if notice:
            say(notice)
