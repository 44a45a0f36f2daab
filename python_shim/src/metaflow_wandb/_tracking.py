"""Sees which instance variables a step assigns and which it reads."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from metaflow_wandb._names import is_user_variable


@dataclass(frozen=True)
class ReadVariable:
    """A variable that was loaded from the data of an earlier task."""

    name: str
    source: Any  # the TaskDataStore that it was loaded from
    content_hash: str
    on_flow: bool  # through `self`, as opposed to `inputs.x`


class VariableTracker:
    """Patches the flow class while a step runs.

    `FlowSpec.__getattr__` runs when an artifact is loaded, which happens once
    for each; `inputs` of a join are instances of the same class. `self` stays
    what it is.
    """

    def __init__(self, flow: Any, output: Any) -> None:
        self.assigned: set[str] = set()
        # Read, and found changed in place when the step had ended.
        self.mutated: set[str] = set()
        self.reads: dict[tuple[str, str], ReadVariable] = {}
        # Variables that merge_artifacts passed to the output, and from where.
        self.merged: dict[str, Any] = {}
        # What was on the flow before the step began.
        self.held_before = frozenset(flow.__dict__)
        self._flow = flow
        self._class = type(flow)
        self._output = output
        self._loading = threading.local()
        self._originals: dict[str, Any] = {}

    def start(self) -> None:
        """Begin to watch."""
        flow_class, tracker = self._class, self
        load, assign = flow_class.__getattr__, flow_class.__setattr__
        pass_down = self._output.passdown_partial

        def __getattr__(instance: Any, name: str) -> Any:
            with tracker._loads(name):
                value = load(instance, name)
            tracker._note_read(instance, name)
            return value

        def __setattr__(instance: Any, name: str, value: Any) -> None:
            tracker._note_assignment(instance, name)
            assign(instance, name, value)

        def passdown_partial(origin: Any, variables: Any) -> None:
            names = list(variables)
            tracker.merged.update(dict.fromkeys(names, origin))
            pass_down(origin, names)

        for method in (__getattr__, __setattr__):
            self._originals[method.__name__] = flow_class.__dict__.get(method.__name__)
            setattr(flow_class, method.__name__, method)
        self._output.passdown_partial = passdown_partial

    def stop(self) -> None:
        """Leave the flow class as it was. May be called again."""
        while self._originals:
            name, original = self._originals.popitem()
            if original is None:
                delattr(self._class, name)
            else:
                setattr(self._class, name, original)
        self._output.__dict__.pop("passdown_partial", None)

    def _loads(self, name: str) -> _Loading:
        return _Loading(self._loading.__dict__.setdefault("names", []), name)

    def _note_read(self, instance: Any, name: str) -> None:
        source = instance._datastore
        if source is self._output:
            source = self.merged.get(name)
        content_hash = source._objects.get(name) if source is not None else None
        if content_hash is None or not is_user_variable(self._class, name):
            return
        key = (source.pathspec, name)
        if key not in self.reads:
            on_flow = instance is self._flow
            self.reads[key] = ReadVariable(name, source, content_hash, on_flow)

    def _note_assignment(self, instance: Any, name: str) -> None:
        # Loading an artifact caches it with setattr, which is no assignment.
        if instance is self._flow and name not in self._loading.__dict__.get("names", ()):
            self.assigned.add(name)


class _Loading:
    """Marks that this thread is loading `name`."""

    def __init__(self, names: list[str], name: str) -> None:
        self._names, self._name = names, name

    def __enter__(self) -> None:
        self._names.append(self._name)

    def __exit__(self, *_: object) -> None:
        self._names.pop()
