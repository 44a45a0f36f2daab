"""Finds of which task a task that `resume` cloned is a copy."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

# A metadata service may be slow, or away: what isn't known by then is left as it is.
_BUDGET_S = 2.0
# Runs that resume one another, one after the other.
_MAX_RESUMES = 32


class TaskPath(NamedTuple):
    """A task attempt, as Metaflow's metadata knows it."""

    flow_name: str
    run_id: str
    step_name: str
    task_id: str
    attempt: int


class Originals:
    """Looks tasks up in Metaflow's metadata, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, TaskPath], TaskPath] = {}
        self._budget_s = _BUDGET_S

    def look_up(self, provider: Any, tasks: Iterable[TaskPath]) -> None:
        """Find the originals of tasks, as far as the time allows."""
        unknown = [task for task in dict.fromkeys(tasks) if (id(provider), task) not in self._known]
        if not unknown or self._budget_s <= 0:
            return
        started = time.monotonic()
        # The provider has no bound of its own on how long it takes.
        thread = threading.Thread(target=self._find, args=(provider, unknown), daemon=True)
        thread.start()
        thread.join(self._budget_s)
        self._budget_s -= time.monotonic() - started

    def of(self, provider: Any, task: TaskPath) -> TaskPath:
        """Return the task that ran the step: the original of a clone, else the task itself."""
        return self._known.get((id(provider), task), task)

    def _find(self, provider: Any, tasks: list[TaskPath]) -> None:
        # A task whose metadata can't be had is taken as it is.
        with contextlib.suppress(Exception):
            for task in tasks:
                self._known[id(provider), task] = _original(provider, task)


def _original(provider: Any, task: TaskPath) -> TaskPath:
    for _ in range(_MAX_RESUMES):
        fields = _metadata(provider, task)
        origin_run_id = _last(fields, "origin-run-id")
        # Metaflow notes it for clones alone.
        origin_task_id = _last(fields, "origin-task-id")
        if not origin_run_id or not origin_task_id:
            attempts = [int(value) for name, value in fields if name == "attempt"]
            # A task is cloned once it has succeeded: in its last attempt.
            return task._replace(attempt=max(attempts, default=0)) if task.attempt < 0 else task
        task = task._replace(run_id=origin_run_id, task_id=origin_task_id, attempt=-1)
    raise LookupError(f"{task} was cloned again and again")


def _metadata(provider: Any, task: TaskPath) -> list[tuple[str, str]]:
    found = provider.get_object("task", "metadata", None, None, *task[:4]) or []
    found = sorted(found, key=lambda item: item.get("ts_epoch") or 0)
    return [(item.get("field_name"), item.get("value")) for item in found]


def _last(fields: list[tuple[str, str]], name: str) -> str:
    values = [value for field, value in fields if field == name and value not in (None, "None")]
    return values[-1] if values else ""
