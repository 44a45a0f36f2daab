"""Describes a variable for the Snapshot: what it is, never what to do with it."""

from __future__ import annotations

import os
import pathlib
from typing import Any, NamedTuple

from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._patience import StuckError, moved
from metaflow_wandb._types import root_modules, type_mro
from metaflow_wandb._value_json import NotDescribableError, is_base_value, value_json
from metaflow_wandb._wire_text import sendable

# Types whose values travel in the Snapshot, so that no payload can be asked for.
_PLAIN_TYPES = (type(None), bool, int, float, str, list, tuple, dict, set, frozenset)

# A broadcast array may claim more than the sidecar takes for a number.
_MAX_SIZE_BYTES = 2**53 - 1


class DescribedVariable(NamedTuple):
    """A variable's description, and whether its payload may be asked for."""

    message: pb.Variable
    may_need_payload: bool


def describe(name: str, value: Any, origin: pb.Variable.Origin) -> DescribedVariable:
    """Describe one variable; a value that resists is reported, not raised."""
    message = pb.Variable(name=name, type_mro=type_mro(value), origin=origin)
    moved()
    try:
        if is_base_value(value):
            message.value_json = value_json(value)
        message.size_bytes = size_bytes(value)
        if isinstance(value, pathlib.Path):
            message.path_kind = _path_kind(value)
    except NotDescribableError as error:
        message.problem = sendable(str(error))
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        stuck = isinstance(error, StuckError)
        message.problem = f"{error if stuck else type(error).__name__} while describing it"
    return DescribedVariable(message, may_need_payload=type(value) not in _PLAIN_TYPES)


def describe_unnameable(
    shown_name: str, value: Any, origin: pb.Variable.Origin, problem: str
) -> DescribedVariable:
    """Describe a variable whose name can't travel, so that it is left out on record."""
    message = pb.Variable(name=shown_name, type_mro=type_mro(value), origin=origin, problem=problem)
    return DescribedVariable(message, may_need_payload=False)


def size_bytes(value: Any) -> int:
    """Return the size where it costs nothing to know, else 0."""
    # The base's own methods: a subclass may override them.
    if isinstance(value, str):
        return str.__len__(value)
    if isinstance(value, bytes):
        return bytes.__len__(value)
    roots = root_modules(value)
    if roots & {"numpy", "torch", "pyarrow"}:
        size = getattr(value, "nbytes", 0)
    elif "pandas" in roots and hasattr(value, "memory_usage"):
        usage = value.memory_usage()
        size = usage if isinstance(usage, int) else usage.sum()
    elif "polars" in roots and hasattr(value, "estimated_size"):
        size = value.estimated_size()
    elif isinstance(value, pathlib.Path):
        size = os.stat(value).st_size if value.is_file() else 0
    else:
        return 0
    return min(max(0, int(size)), _MAX_SIZE_BYTES) if not callable(size) else 0


def _path_kind(path: pathlib.Path) -> str:
    if path.is_dir():
        return "directory"
    return "file" if path.is_file() else "missing"
