"""Hashes values that hold PyTorch tensors, whose pickles never repeat."""

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


def tensor_hash(value: Any) -> str:
    """Return a hash that equal values share: of structure and of tensors' bytes."""
    pickler = _TensorPickler(HashSink(), protocol=4)
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


class _TensorPickler(pickle.Pickler):
    """Pickles tensors by the hash of their bytes, and modules without their mode."""

    def __init__(self, sink: HashSink, protocol: int) -> None:
        super().__init__(sink, protocol=protocol)
        self.sink = sink

    def persistent_id(self, obj: Any) -> Any:
        if "torch.Tensor" not in type_mro(obj):
            return None
        import torch

        data = obj.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        moved(allowance_s=data.nbytes / _BYTES_PER_S)
        digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        return "tensor", str(obj.dtype), tuple(obj.shape), digest

    def reducer_override(self, obj: Any) -> Any:
        if "torch.nn.modules.module.Module" not in type_mro(obj):
            return NotImplemented
        reduced = obj.__reduce_ex__(4)
        state = reduced[2] if len(reduced) > 2 else None
        if isinstance(state, dict):
            state = {name: item for name, item in state.items() if name != _NOT_DATA}
        return (*reduced[:2], state, *reduced[3:])
