"""Metaflow's hooks on one side, a task's session on the other.

Everything here holds to one rule: whatever goes wrong, the step does not
notice. Only what asks the process itself to stop passes through.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._options import LogOptions
from metaflow_wandb._patience import StuckError, set_patience, watched
from metaflow_wandb._warn import say_all, say_once


class TaskContext(NamedTuple):
    """What Metaflow tells a step decorator before a step."""

    step_name: str
    datastore: Any
    metadata: Any
    run_id: str
    task_id: str
    flow: Any
    graph: Any
    retry_count: int
    max_user_code_retries: int
    inputs: Any


# Decorations that cover a step, nearest first, by where they were written:
# `step`, `flow` and `with`.
Layers = dict[str, list[LogOptions]]


class TaskHooks(Protocol):
    """Takes what happens to a task after it has begun."""

    def step_succeeded(self) -> None: ...
    def step_raised(self, exception: BaseException) -> None: ...
    def task_finished(self, is_task_ok: bool | None) -> None: ...


class GuardedHooks:
    """Passes the hooks of a task on, guarded."""

    def __init__(self, hooks: TaskHooks, quiet: bool = False) -> None:
        self._hooks = hooks
        self._quiet = quiet

    def step_succeeded(self) -> None:
        with guarded(self._quiet):
            self._hooks.step_succeeded()

    def step_raised(self, exception: BaseException) -> None:
        with guarded(self._quiet):
            self._hooks.step_raised(exception)

    def task_finished(self, is_task_ok: bool | None) -> None:
        with guarded(self._quiet):
            self._hooks.task_finished(is_task_ok)
        say_all()


def begin_task(context: TaskContext, read_layers: Callable[[], Layers]) -> TaskHooks | None:
    """Begin recording a task, or to watch it for lineage alone where it is not logged.

    Where it can't be recorded, what its step logs itself is dropped.
    """
    from metaflow_wandb._lineage_only import is_logged

    layers: Layers | None = None
    hooks: TaskHooks | None = None
    with guarded():
        layers = read_layers()
        if is_logged(layers):
            hooks = _recording(context, layers)
    if layers is not None and not is_logged(layers):
        return _watching(context, layers)
    if hooks is None:
        with guarded(quiet=True):
            from metaflow_wandb._instep._in_step import DroppingHooks

            hooks = DroppingHooks(context, layers or {})
    return hooks and GuardedHooks(hooks)


def _recording(context: TaskContext, layers: Layers) -> TaskHooks | None:
    from metaflow_wandb._reach import report_missing_package, route_of

    route = route_of(context)
    if route is None:
        return None
    set_patience(route.address.timeout_s)
    try:
        # Only now what costs time: protobuf and gRPC.
        from metaflow_wandb._lean_imports import import_protobuf

        import_protobuf()
        from metaflow_wandb._session import TaskSession

        session = TaskSession(context, layers, route)
        session.begin()
    except ImportError as error:
        report_missing_package(error)
        return None
    return session


def _watching(context: TaskContext, layers: Layers) -> TaskHooks | None:
    with guarded(quiet=True):
        from metaflow_extensions.metaflow_wandb.plugins.wandb_lineage_decorator import logs_any_step
        from metaflow_wandb._lineage_only import LineageSession
        from metaflow_wandb._reach import route_of

        if not logs_any_step(context.flow):
            return None
        route = route_of(context, quiet=True)
        if route is None:
            return None
        set_patience(route.address.timeout_s)
        session = LineageSession(context, layers, route)
        session.begin()
        return GuardedHooks(session, quiet=True)
    return None


@contextlib.contextmanager
def guarded(quiet: bool = False) -> Iterator[None]:
    """Keep our faults from the step, and `@timeout` from striking in our code.

    Args:
        quiet: say nothing; for what the rest of the task's record does without.
    """
    try:
        with watched():
            yield
    except BaseException as error:
        if not isinstance(error, StuckError) and not may_be_swallowed(error):
            raise
        if not quiet:
            say_once(f"this task is not logged: {type(error).__name__}: {error_text(error)}")
