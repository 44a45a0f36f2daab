"""Finds out whether a value that was read was changed in place."""

from __future__ import annotations

import pickle
from typing import Any

from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._tracking import ReadVariable
from metaflow_wandb._types import root_modules
from metaflow_wandb._value_hash import HashSink, value_hash

_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)
# Protocol that Metaflow pickles artifacts with.
_METAFLOW_PROTOCOL = 4
# A copy to compare with is loaded only up to this size: it takes memory and time.
_MAX_COPY_BYTES = 256 * 1024 * 1024


def origin_of_read(value: Any, read: ReadVariable) -> pb.Variable.Origin | None:
    """Return the origin to report for a variable that was read, None if unchanged."""
    try:
        if type(value) in _IMMUTABLE:
            # Put in its place without an assignment, as by `vars(self).update(…)`.
            changed = pickle_sha1(value) != read.content_hash
        else:
            changed = _changed(value, read)
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        changed = None
    if changed is None:
        return pb.Variable.ORIGIN_READ
    return pb.Variable.ORIGIN_MUTATED if changed else None


def _changed(value: Any, read: ReadVariable) -> bool | None:
    """Say whether a value differs from what is stored; None if that can't be told."""
    if read.value_hash:
        return value_hash(value) != read.value_hash
    now = pickle_sha1(value)
    if now == read.content_hash:
        return False
    if read.source._info.get(read.name, {}).get("size", 0) > _MAX_COPY_BYTES:
        return None
    # Equal values may pickle differently in another process; so compare with a
    # copy that was loaded in this one.
    stored = read.source[read.name]
    if now == pickle_sha1(stored) or _equal_tables(value, stored):
        return False
    # They may do so too once they were used.
    stored_hash = value_hash(stored)
    if value_hash(value) == stored_hash:
        return False
    del stored
    return True if value_hash(read.source[read.name]) == stored_hash else None


def pickle_sha1(value: Any) -> str:
    """Return the hash that Metaflow would store a value under, holding no copy of it."""
    sink = HashSink()
    pickle.Pickler(sink, protocol=_METAFLOW_PROTOCOL).dump(value)
    return sink.sha1.hexdigest()


def _equal_tables(value: Any, stored: Any) -> bool:
    """Say whether two polars or pyarrow tables are equal; how they lie in memory doesn't matter."""
    if type(value) is not type(stored) or not root_modules(value) & {"polars", "pyarrow"}:
        return False
    return bool(value.equals(stored)) and value.schema == stored.schema
