"""Values of a task's variables once Metaflow has stored them and dropped them from the flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metaflow_wandb._hooks import TaskContext
from metaflow_wandb._patience import moved

# Loading is not taken to hang while it may be this slow.
_BYTES_PER_S = 10_000_000


class StoredValues(Mapping[str, Any]):
    """Loads each value when it is asked for; loading may raise anything."""

    def __init__(self, context: TaskContext) -> None:
        self._held = context.flow.__dict__
        self._datastore = context.datastore

    def __getitem__(self, name: str) -> Any:
        if name in self._held:
            return self._held[name]
        if name not in self._datastore._objects:
            raise KeyError(name)
        # Before Metaflow's own compression.
        size_bytes = self._datastore._info.get(name, {}).get("size", 0)
        moved(allowance_s=size_bytes / _BYTES_PER_S)
        return self._datastore[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._held, **self._datastore._objects})

    def __len__(self) -> int:
        return len({**self._held, **self._datastore._objects})
