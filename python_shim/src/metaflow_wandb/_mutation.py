"""Finds out whether a value that was read was changed in place."""

from __future__ import annotations

import hashlib
import io
import pickle
from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._tracking import ReadVariable

_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)
# Protocol that Metaflow pickles artifacts with.
_METAFLOW_PROTOCOL = 4


def origin_of_read(value: Any, read: ReadVariable) -> int | None:
    """Return the origin to report for a variable that was read, None if unchanged."""
    if type(value) in _IMMUTABLE:
        return None
    try:
        now = pickle_sha1(value)
        if now == read.content_hash:
            return None
        # Pickles of equal values may differ between processes; so compare with
        # a copy that was loaded in this one.
        fresh = pickle_sha1(read.source[read.name])
        if now == fresh:
            return None
        again = pickle_sha1(read.source[read.name])
    except Exception:  # noqa: BLE001 - a user's class may raise anything
        return pb.Variable.ORIGIN_READ
    return pb.Variable.ORIGIN_MUTATED if fresh == again else pb.Variable.ORIGIN_READ


def pickle_sha1(value: Any) -> str:
    """Return the hash that Metaflow would store a value under, holding no copy of it."""
    sink = _HashSink()
    pickle.Pickler(sink, protocol=_METAFLOW_PROTOCOL).dump(value)
    return sink.sha1.hexdigest()


class _HashSink(io.RawIOBase):
    def __init__(self) -> None:
        self.sha1 = hashlib.sha1(usedforsecurity=False)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha1.update(data)
        return memoryview(data).nbytes
