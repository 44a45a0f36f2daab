"""What Metaflow stored for each variable, and where passed-on values came from."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext
from metaflow_wandb._names import is_user_variable
from metaflow_wandb._open import task_attempt
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._wire_text import name_problem

# What the sidecar takes of one attempt.
_MAX_ENTRIES = 20_000


def content_hashes(context: TaskContext, tracker: VariableTracker) -> list[pb.ContentHash]:
    """Return one entry for each user variable of the task's data whose name can travel."""
    entries = []
    for name, content_hash in context.datastore._objects.items():
        if len(entries) >= _MAX_ENTRIES:
            break
        if (
            not is_user_variable(type(context.flow), name)
            or _is_class_attribute(context, tracker, name)
            or name_problem(name)
        ):
            continue
        entry = pb.ContentHash(name=name, content_hash=content_hash)
        source = _source(context, tracker, name)
        if source is not None:
            entry.inherited_from.CopyFrom(
                task_attempt(
                    context, source.step_name, source.task_id, source.attempt, run_id=source.run_id
                )
            )
        entries.append(entry)
    return entries


def _is_class_attribute(context: TaskContext, tracker: VariableTracker, name: str) -> bool:
    """Say whether Metaflow stored a class's own `_name` rather than the step's."""
    return name not in tracker.assigned and hasattr(type(context.flow), name)


def _source(context: TaskContext, tracker: VariableTracker, name: str) -> Any:
    """Return the datastore that an unassigned variable came from, or None."""
    if name in tracker.assigned or name in tracker.mutated:
        return None
    if name in tracker.merged:
        return tracker.merged[name]
    inputs = context.inputs or ()
    if len(inputs) == 1 and name in inputs[0]._objects:
        return inputs[0]
    return None
