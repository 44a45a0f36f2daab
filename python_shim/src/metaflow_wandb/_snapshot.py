"""Takes stock of a step's variables when its code has ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from metaflow_wandb._client_reads import ClientRead
from metaflow_wandb._describe import DescribedVariable, describe, describe_unnameable
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext, guarded
from metaflow_wandb._names import is_user_variable
from metaflow_wandb._sources import Sources
from metaflow_wandb._tracking import ReadVariable, VariableTracker
from metaflow_wandb._types import type_mro
from metaflow_wandb._warn import say
from metaflow_wandb._wire_text import name_problem, shown_name

# Keeps the Snapshot well below what gRPC servers take in one message.
MAX_SNAPSHOT_JSON_BYTES = 24 * 1024 * 1024
# What the sidecar takes of one attempt; it refuses longer lists as a whole.
MAX_VARIABLES = 10_000


class StepSnapshot(NamedTuple):
    """The Snapshot, and the values that it describes."""

    message: pb.Snapshot
    values: Mapping[str, Any]
    may_need_payloads: bool


def take_snapshot(context: TaskContext, tracker: VariableTracker) -> StepSnapshot:
    """Describe what the step assigned, changed in place, and read."""
    origins = _noted_origins(context, tracker)
    reads = _read_messages(context, tracker)
    held = context.flow.__dict__
    _warn_of_too_many(len(origins), "variables")
    _warn_of_too_many(len(reads), "reads of earlier tasks' variables")
    described = _described(held, dict(list(origins.items())[:MAX_VARIABLES]))
    _bound_json(described.values())
    message = pb.Snapshot(
        variables=[variable.message for variable in described.values()],
        reads=reads[:MAX_VARIABLES],
    )
    return StepSnapshot(
        message,
        {name: held[name] for name in described},
        any(variable.may_need_payload for variable in described.values()),
    )


def take_lineage_snapshot(context: TaskContext, tracker: VariableTracker) -> pb.Snapshot:
    """Name what the step assigned, changed in place, and read; no value goes along."""
    origins = _noted_origins(context, tracker)
    held = context.flow.__dict__
    variables = [
        pb.Variable(name=name, type_mro=type_mro(held[name]), origin=origin)
        for name, origin in origins.items()
        if not name_problem(name)
    ]
    return pb.Snapshot(
        variables=variables[:MAX_VARIABLES], reads=_read_messages(context, tracker)[:MAX_VARIABLES]
    )


def _described(
    held: dict[str, Any], origins: dict[str, pb.Variable.Origin]
) -> dict[str, DescribedVariable]:
    described: dict[str, DescribedVariable] = {}
    taken = set(origins)
    for name, origin in origins.items():
        problem = name_problem(name)
        if problem:
            stand_in = _free_name(shown_name(name), taken)
            taken.add(stand_in)
            described[name] = describe_unnameable(stand_in, held[name], origin, problem)
        else:
            described[name] = describe(name, held[name], origin)
    return described


def _free_name(wanted: str, taken: Collection[str]) -> str:
    """Return a name that no other variable has, since the sidecar takes each but once."""
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted} ({count})"
    return name


def _warn_of_too_many(count: int, what: str) -> None:
    if count > MAX_VARIABLES:
        say(f"the task has {count} {what}; only the first {MAX_VARIABLES} are logged")


def _bound_json(described: Iterable[DescribedVariable]) -> None:
    """Leave out values, in order, once all JSON together is too much for one message."""
    room = MAX_SNAPSHOT_JSON_BYTES
    for variable in described:
        room -= len(variable.message.value_json)
        if room < 0:
            variable.message.value_json = ""
            variable.message.problem = "the task's values are too large together"


def _noted_origins(context: TaskContext, tracker: VariableTracker) -> dict[str, pb.Variable.Origin]:
    origins = _origins(context.flow, tracker)
    tracker.mutated.update(
        name for name, origin in origins.items() if origin == pb.Variable.ORIGIN_MUTATED
    )
    tracker.assigned.update(
        name for name, origin in origins.items() if origin == pb.Variable.ORIGIN_ASSIGNED
    )
    tracker.passed_on = {
        name: read
        for name, read in tracker.reassigned.items()
        if name in origins and _origin_of_read(context.flow.__dict__[name], read) is None
    }
    return origins


def _origins(flow: Any, tracker: VariableTracker) -> dict[str, pb.Variable.Origin]:
    """Return how each variable to report came to be; unchanged ones are left out."""
    origins: dict[str, pb.Variable.Origin] = {}
    for name, value in list(flow.__dict__.items()):
        if not is_user_variable(type(flow), name):
            continue
        if name in tracker.assigned:
            origins[name] = pb.Variable.ORIGIN_ASSIGNED
        elif name in tracker.loaded:
            read = tracker.loaded[name]
            if read is not None and (origin := _origin_of_read(value, read)) is not None:
                origins[name] = origin
        elif name not in tracker.held_before:
            # Put there without an assignment, as by `vars(self).update(…)`.
            origins[name] = pb.Variable.ORIGIN_ASSIGNED
    return origins


def _origin_of_read(value: Any, read: ReadVariable) -> pb.Variable.Origin | None:
    from metaflow_wandb._mutation import origin_of_read

    return origin_of_read(value, read)


def _read_messages(context: TaskContext, tracker: VariableTracker) -> list[pb.Read]:
    sources = Sources(context)
    tracker.sources = sources
    reads = [read for read in tracker.reads.values() if not name_problem(read.name)]
    asked = [read for read in tracker.client_reads.reads if not name_problem(read.name)]
    with guarded(quiet=True):
        sources.look_up_inputs(read.source for read in reads)
        sources.look_up_client_reads(asked)
    return [
        *(_read_message(read, sources.of_input(read.source)) for read in reads),
        *(_read_message(read, sources.of_client_read(read)) for read in asked),
    ]


def _read_message(read: ReadVariable | ClientRead, source: pb.TaskAttempt) -> pb.Read:
    return pb.Read(name=read.name, source=source, content_hash=read.content_hash)
