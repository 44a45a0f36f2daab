"""Finds out whether a value that was read was changed in place."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._tensor_hash import HashSink, tensor_hash
from metaflow_wandb._tracking import ReadVariable
from metaflow_wandb._types import root_modules

_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)
# Protocol that Metaflow pickles artifacts with.
_METAFLOW_PROTOCOL = 4
# A copy to compare with is loaded only up to this size: it takes memory and time.
_MAX_COPY_BYTES = 256 * 1024 * 1024


def origin_of_read(value: Any, read: ReadVariable) -> pb.Variable.Origin | None:
    """Return the origin to report for a variable that was read, None if unchanged."""
    if type(value) in _IMMUTABLE:
        return None
    try:
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
    if read.tensor_hash:
        return tensor_hash(value) != read.tensor_hash
    now = pickle_sha1(value)
    if now == read.content_hash:
        return False
    if read.source._info.get(read.name, {}).get("size", 0) > _MAX_COPY_BYTES:
        return None
    # Equal values may pickle differently in another process, or once they were
    # used; so compare with a copy that was loaded in this one.
    stored = read.source[read.name]
    stored_hash = pickle_sha1(stored)
    if now == stored_hash or _equal_frames(value, stored) or _equal_estimators(value, stored):
        return False
    if stored_hash == pickle_sha1(read.source[read.name]):
        return True
    # Pickles that never repeat are those of tensors, somewhere inside.
    return tensor_hash(value) != tensor_hash(stored) if "torch" in sys.modules else None


def pickle_sha1(value: Any) -> str:
    """Return the hash that Metaflow would store a value under, holding no copy of it."""
    sink = HashSink()
    pickle.Pickler(sink, protocol=_METAFLOW_PROTOCOL).dump(value)
    return sink.sha1.hexdigest()


def _equal_frames(value: Any, stored: Any) -> bool:
    """Say whether two pandas objects are equal; caches that they keep don't matter."""
    if type(value) is not type(stored) or "pandas" not in root_modules(value):
        return False
    if not hasattr(value, "equals") or not value.equals(stored):
        return False
    same_index = list(value.index.names) == list(stored.index.names)
    return same_index and value.attrs == stored.attrs and _names(value) == _names(stored)


def _equal_estimators(value: Any, stored: Any) -> bool:
    """Say whether two estimators hold equal arrays; pickles tell which of them are shared."""
    joblib = sys.modules.get("joblib")
    if joblib is None or "sklearn" not in root_modules(value):
        return False
    return joblib.hash(value) == joblib.hash(stored)


def _names(value: Any) -> Any:
    return list(value.columns.names) if hasattr(value, "columns") else value.name
