"""Sees which instance variables a step assigns and which it reads."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._hooks import guarded
from metaflow_wandb._names import is_user_variable


class ReadVariable(NamedTuple):
    """A variable that was loaded from the data of an earlier task."""

    name: str
    source: Any  # the TaskDataStore that it was loaded from
    content_hash: str
    tensor_hash: str = ""  # when it was loaded, of a value that holds tensors


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
        # Loaded through `self`, as opposed to `inputs.x`; None: from where isn't known.
        self.loaded: dict[str, ReadVariable | None] = {}
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
        self._patch("__getattr__", self._reading)
        self._patch("__setattr__", self._assigning)
        self._output.passdown_partial = self._passing_down(self._output.passdown_partial)

    def stop(self) -> None:
        """Leave the flow class as it was. May be called again."""
        while self._originals:
            name, original = self._originals.popitem()
            if original is None:
                delattr(self._class, name)
            else:
                setattr(self._class, name, original)
        self._output.__dict__.pop("passdown_partial", None)

    def _patch(self, name: str, wrap: Callable[[Any], Any]) -> None:
        method = getattr(self._class, name)
        self._originals[name] = self._class.__dict__.get(name)
        setattr(self._class, name, _Patched(method, wrap(method)))

    def _reading(self, load: Any) -> Callable[[Any, str], Any]:
        def load_noting_read(instance: Any, name: str) -> Any:
            loading: list[str] = self._loading.__dict__.setdefault("names", [])
            loading.append(name)
            try:
                value = load(instance, name)
            finally:
                loading.pop()
            self._note_read(instance, name, value)
            return value

        return load_noting_read

    def _assigning(self, assign: Any) -> Callable[[Any, str, Any], None]:
        def assign_noting(instance: Any, name: str, value: Any) -> None:
            # Loading an artifact caches it with setattr, which is no assignment.
            if instance is self._flow and name not in self._loading.__dict__.get("names", ()):
                self.assigned.add(name)
            assign(instance, name, value)

        return assign_noting

    def _passing_down(self, pass_down: Any) -> Callable[[Any, Iterable[str]], None]:
        def pass_down_noting(origin: Any, variables: Iterable[str]) -> None:
            names = list(variables)
            self.merged.update(dict.fromkeys(names, origin))
            pass_down(origin, names)

        return pass_down_noting

    def _note_read(self, instance: Any, name: str, value: Any) -> None:
        with guarded(quiet=True):
            if not is_user_variable(self._class, name):
                return
            on_flow = instance is self._flow
            if on_flow:
                self.loaded[name] = None
            source: Any = instance._datastore
            if source is self._output:
                source = self.merged.get(name)
            content_hash = source._objects.get(name) if source is not None else None
            if source is None or content_hash is None:
                return
            read = ReadVariable(name, source, content_hash)
            self.reads.setdefault((source.pathspec, name), read)
            if on_flow:
                self.loaded[name] = read._replace(tensor_hash=_tensor_hash(value))


class _Patched:
    """Runs in place of a method.

    Where a step sends the flow class to other processes, as cloudpickle does,
    the method itself goes along.
    """

    def __init__(self, method: Any, call: Callable[..., Any]) -> None:
        self._method, self._call = method, call

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self._call, instance)

    def __call__(self, *args: Any) -> Any:
        return self._call(*args)

    def __reduce__(self) -> Any:
        return _itself, (self._method,)


def _itself(method: Any) -> Any:
    return method


def _tensor_hash(value: Any) -> str:
    """Return what tells later whether the step changed a value, where no pickle can."""
    if "torch" not in sys.modules:
        return ""
    from metaflow_wandb._tensor_hash import holds_tensors, tensor_hash

    try:
        return tensor_hash(value) if holds_tensors(value) else ""
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        return ""
