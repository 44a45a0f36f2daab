"""What the shim does for one task attempt, from its first hook to its last."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any

from metaflow_wandb._address import sidecar_address
from metaflow_wandb._content_hashes import content_hashes
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext, guarded
from metaflow_wandb._open import open_message
from metaflow_wandb._options import LogOptions
from metaflow_wandb._payloads import PlainPlan, send_payloads
from metaflow_wandb._snapshot import StepSnapshot, take_snapshot
from metaflow_wandb._stream import StreamLost, TaskStream
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._warn import say, warn_once

_MAX_MESSAGE = 8 * 1024
_MAX_TRACEBACK = 32 * 1024
# Exit status by which Metaflow tells its launcher not to try again.
_NO_RETRY_STATUS = 202


class TaskSession:
    """Records one attempt of one task."""

    def __init__(self, context: TaskContext, layers: dict[str, list[LogOptions]]) -> None:
        self._context = context
        self._layers = layers
        self._address = sidecar_address()
        self._tracker = VariableTracker(context.flow, context.datastore)
        self._stream: TaskStream | None = None
        self._open: pb.Open | None = None
        self._exception: BaseException | None = None
        self._snapshot_sent = False
        self._closed = False
        self._pid = os.getpid()

    def begin(self) -> None:
        """Open the stream, without waiting for it, and begin to watch variables."""
        try:
            self._open = open_message(self._context, self._layers)
            self._connect()
        except (ConnectionError, StreamLost) as error:
            self._give_up(error)
            return
        self._tracker.start()
        self._watch_persist()

    def step_succeeded(self) -> None:
        """The step's code returned."""
        self._send_values()

    def step_raised(self, exception: BaseException) -> None:
        """The step's code raised; what it had assigned before is sent all the same."""
        self._exception = exception
        self._send_values()

    def task_finished(self, is_task_ok: bool | None) -> None:
        """Metaflow has stored the task; say what, and how it ended."""
        self._close(ok=bool(is_task_ok))

    def _connect(self) -> None:
        self._stream = TaskStream(self._address)
        self._stream.send(open=self._open)

    def _send_values(self) -> None:
        if self._stream is None or self._snapshot_sent or self._in_a_fork():
            return
        self._snapshot_sent = True
        snapshot = take_snapshot(self._context, self._tracker)
        try:
            try:
                self._send_snapshot(snapshot)
            except StreamLost as error:
                if not error.retryable:
                    raise
                # The sidecar was restarted under the step: a new stream replaces the first.
                self._stream.abandon()
                self._connect()
                self._send_snapshot(snapshot)
        except StreamLost as error:
            self._give_up(error)

    def _send_snapshot(self, snapshot: StepSnapshot) -> None:
        stream = self._stream
        assert stream is not None
        stream.send(snapshot=snapshot.message)
        if snapshot.may_need_payloads:
            plan: PlainPlan = stream.receive("plan").variables
            send_payloads(stream, plan, snapshot.values)

    def _close(self, ok: bool) -> None:
        self._tracker.stop()
        stream = self._stream
        if stream is None or self._closed or self._in_a_fork():
            return
        self._closed = True
        try:
            stream.send(close=self._close_message(ok))
            committed = stream.receive("committed")
            stream.close()
            if committed.notice:
                say(committed.notice)
        except StreamLost as error:
            self._give_up(error)

    def _close_message(self, ok: bool) -> pb.Close:
        close = pb.Close(
            outcome=pb.Close.OUTCOME_OK if ok else pb.Close.OUTCOME_FAILED,
            will_retry=not ok and self._will_retry(),
            content_hashes=content_hashes(self._context, self._tracker),
            ended_at_us=time.time_ns() // 1000,
        )
        if self._exception is not None:
            close.exception.CopyFrom(_exception_info(self._exception))
        return close

    def _will_retry(self) -> bool:
        exception = self._exception
        if isinstance(exception, SystemExit) and exception.code in (None, 0, _NO_RETRY_STATUS):
            return False
        return self._context.retry_count < self._context.max_user_code_retries

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
        if not self._snapshot_sent:
            # Neither hook was called: sys.exit or KeyboardInterrupt is on its way out.
            self._exception = sys.exc_info()[1]
            self._send_values()
        self._tracker.stop()

    def _in_a_fork(self) -> bool:
        """Say whether this is a child that the step forked; the stream is its parent's."""
        return os.getpid() != self._pid

    def _give_up(self, error: Exception) -> None:
        self._tracker.stop()
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None
        warn_once(f"{error}; the task runs on but is not logged")


def _exception_info(error: BaseException) -> pb.ExceptionInfo:
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - a user's class may raise anything
        message = ""
    kind = type(error)
    return pb.ExceptionInfo(
        type_name=f"{kind.__module__}.{kind.__qualname__}",
        message=message[:_MAX_MESSAGE],
        traceback="".join(lines)[-_MAX_TRACEBACK:],
    )
