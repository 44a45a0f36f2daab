"""Hashes values by what they hold, where their pickles differ without a difference.

Pickles of PyTorch tensors never repeat. Others change once a value was used:
pandas moves columns together, and strings are one object or several.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import pickle
import sys
from typing import Any

from metaflow_wandb._patience import moved
from metaflow_wandb._types import root_modules, type_mro

# How many elements of a container are looked at to see whether it holds tensors.
_LOOKED_AT = 16
# Hashing is not taken to hang while it may be this slow.
_BYTES_PER_S = 50_000_000
# Switched by every `model.eval()`, which changes nothing of a model's data.
_NOT_DATA = "training"
_PROTOCOL = 4


def holds_tensors(value: Any) -> bool:
    """Say whether a value is a tensor, a module, or a container of such, at a glance."""
    if "torch" not in sys.modules:
        return False
    elements: Any = ()
    if isinstance(value, dict):
        elements = dict.values(value)
    elif isinstance(value, (list, tuple)):
        elements = value
    looked_at = itertools.islice(elements, _LOOKED_AT)
    return any("torch" in root_modules(item) for item in itertools.chain((value,), looked_at))


def value_hash(value: Any) -> str:
    """Return a hash that equal values share, however their pickles differ."""
    pickler = _ValuePickler(HashSink(), protocol=_PROTOCOL)
    pickler.dump(value)
    return pickler.sink.sha1.hexdigest()


class HashSink(io.RawIOBase):
    """A file that keeps nothing but the hash of what is written."""

    def __init__(self) -> None:
        self.sha1 = hashlib.sha1(usedforsecurity=False)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size_bytes = memoryview(data).nbytes
        moved(allowance_s=size_bytes / _BYTES_PER_S)
        self.sha1.update(data)
        moved()
        return size_bytes


class _ValuePickler(pickle.Pickler):
    """Pickles arrays and tensors by the hash of their bytes, and frames column by column."""

    def __init__(self, sink: HashSink, protocol: int) -> None:
        super().__init__(sink, protocol=protocol)
        self.sink = sink
        self._numpy = sys.modules.get("numpy")

    def persistent_id(self, obj: Any) -> Any:
        # An object that is new each time: pickle notes which are the same one.
        kind = type(obj)
        if kind is str:
            return b"s" + obj.encode("utf-8", "surrogatepass")
        if kind is bytes:
            return b"b" + obj
        if self._numpy is not None and isinstance(obj, self._numpy.dtype):
            return b"d" + repr(obj).encode()
        if self._numpy is not None and kind is self._numpy.ndarray and not obj.dtype.hasobject:
            return _array_id(obj.dtype, obj.shape, self._numpy.ascontiguousarray(obj).view("u1"))
        if kind.__module__.startswith("torch") and "torch.Tensor" in type_mro(obj):
            return _tensor_id(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is set or kind is frozenset:
            return _the_same, (kind.__name__, sorted(value_hash(each) for each in obj))
        if kind.__module__.partition(".")[0] == "pandas":
            return _reduced_pandas(obj)
        if "torch" in sys.modules and "torch.nn.modules.module.Module" in type_mro(obj):
            return _reduced_module(obj)
        return NotImplemented


def _the_same(*args: Any) -> Any:
    """Stand for a value that is made up of others; nobody loads it."""
    return args


def _array_id(dtype: Any, shape: Any, data: Any) -> bytes:
    moved(allowance_s=data.nbytes / _BYTES_PER_S)
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return f"array {dtype!r} {tuple(shape)} {digest}".encode()


def _tensor_id(tensor: Any) -> bytes:
    import torch

    data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return _array_id(tensor.dtype, tensor.shape, data) + str(tensor.requires_grad).encode()


def _reduced_module(module: Any) -> Any:
    reduced = module.__reduce_ex__(_PROTOCOL)
    state = reduced[2] if len(reduced) > 2 else None
    if isinstance(state, dict):
        state = {name: item for name, item in state.items() if name != _NOT_DATA}
    return (*reduced[:2], state, *reduced[3:])


def _reduced_pandas(obj: Any) -> Any:
    """Take pandas objects apart; what they keep to be quicker next time is left out."""
    names = set(type_mro(obj))
    if "pandas.core.frame.DataFrame" in names:
        columns = [_plain(obj.iloc[:, place].array) for place in range(obj.shape[1])]
        return _the_same, (*_labels(obj), obj.columns, columns)
    if "pandas.core.series.Series" in names:
        return _the_same, (*_labels(obj), obj.name, _plain(obj.array))
    if "pandas.core.indexes.multi.MultiIndex" in names:
        levels, codes = list(obj.levels), [_plain(each) for each in obj.codes]
        return _the_same, (type(obj).__name__, list(obj.names), levels, codes)
    if "pandas.core.indexes.range.RangeIndex" in names:
        return _the_same, (type(obj).__name__, obj.name, obj.start, obj.stop, obj.step)
    if "pandas.core.indexes.base.Index" in names:
        return _the_same, (type(obj).__name__, obj.name, str(obj.dtype), _plain(obj.array))
    return NotImplemented


def _labels(obj: Any) -> tuple[Any, ...]:
    return type(obj).__name__, obj.index, obj.attrs, obj.flags.allows_duplicate_labels


def _plain(array: Any) -> Any:
    """Return the numpy array behind a column, where there is one."""
    return array.to_numpy() if type(array).__name__ in _NUMPY_BACKED else array


# What pandas 1 and 2 call a numpy array in a column.
_NUMPY_BACKED = ("NumpyExtensionArray", "PandasArray", "FrozenNDArray")
