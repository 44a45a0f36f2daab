"""Sees which variables of other tasks a step reads through Metaflow's client."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from metaflow_wandb._hooks import guarded
from metaflow_wandb._names import is_metaflow_own

_CLIENT_MODULE = "metaflow.client.core"


class ClientRead(NamedTuple):
    """A variable of a task that was asked for."""

    name: str
    provider: Any  # Metaflow's metadata provider, as the client has it
    flow_name: str
    run_id: str
    step_name: str
    task_id: str
    attempt: int
    content_hash: str


class ClientReads:
    """Patches `DataArtifact.data` while a step runs: every way to a value ends there."""

    def __init__(self) -> None:
        self.reads: dict[ClientRead, None] = {}
        self._class: Any = None
        self._original: Any = None

    def start(self) -> None:
        """Begin to watch."""
        module = sys.modules.get(_CLIENT_MODULE)
        cls = getattr(module, "DataArtifact", None)
        original = vars(cls).get("data") if cls is not None else None
        if not isinstance(original, property) or original.fget is None:
            return
        self._class, self._original = cls, original
        load = original.fget

        def load_noting_read(artifact: Any) -> Any:
            value = load(artifact)
            with guarded(quiet=True):
                self._note(artifact)
            return value

        self._class.data = property(load_noting_read, doc=original.__doc__)

    def stop(self) -> None:
        """Leave the client as it was. May be called again."""
        if self._class is not None:
            self._class.data = self._original
            self._class = None

    def _note(self, artifact: Any) -> None:
        flow_name, run_id, step_name, task_id, name = artifact.path_components
        if name.startswith("__") or is_metaflow_own(name):
            return
        found = artifact._object
        read = ClientRead(
            name=name,
            provider=artifact._metaflow.metadata,
            flow_name=flow_name,
            run_id=run_id,
            step_name=step_name,
            task_id=task_id,
            attempt=int(found.get("attempt_id") or 0),
            content_hash=found["sha"],
        )
        self.reads[read] = None
