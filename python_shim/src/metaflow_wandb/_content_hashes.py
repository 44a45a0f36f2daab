"""What Metaflow stored for each variable, and where passed-on values came from."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext, guarded
from metaflow_wandb._names import is_user_variable
from metaflow_wandb._sources import Sources
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._wire_text import name_problem

# What the sidecar takes of one attempt.
_MAX_ENTRIES = 20_000


def content_hashes(context: TaskContext, tracker: VariableTracker) -> list[pb.ContentHash]:
    """Return one entry for each user variable of the task's data whose name can travel."""
    stored = {
        name: content_hash
        for name, content_hash in context.datastore._objects.items()
        if is_user_variable(type(context.flow), name)
        and not _is_class_attribute(context, tracker, name)
        and not name_problem(name)
    }
    names = list(stored)[:_MAX_ENTRIES]
    inputs = {name: source for name in names if (source := _source(context, tracker, name))}
    sources = tracker.sources or Sources(context)
    with guarded(quiet=True):
        sources.look_up_inputs(inputs.values())
    return [
        pb.ContentHash(
            name=name,
            content_hash=stored[name],
            inherited_from=sources.of_input(inputs[name]) if name in inputs else None,
        )
        for name in names
    ]


def _is_class_attribute(context: TaskContext, tracker: VariableTracker, name: str) -> bool:
    """Say whether Metaflow stored a class's own `_name` rather than the step's."""
    return name not in tracker.assigned and hasattr(type(context.flow), name)


def _source(context: TaskContext, tracker: VariableTracker, name: str) -> Any:
    """Return the datastore that a value came from which this task did not make, or None."""
    if name in tracker.passed_on:
        return tracker.passed_on[name].source
    never_compared = name in tracker.loaded and tracker.sources is None
    if name in tracker.assigned or name in tracker.mutated or never_compared:
        return None
    if tracker.is_join:
        return tracker.merged.get(name)
    inputs = context.inputs or ()
    return inputs[0] if inputs and name in inputs[0]._objects else None
