"""Sees which instance variables a step assigns and which it reads."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from metaflow_wandb._client_reads import ClientReads
from metaflow_wandb._faults import drop_frames_of, may_be_swallowed
from metaflow_wandb._hooks import guarded
from metaflow_wandb._names import is_user_variable

# Equal ones may be one object, so that their identity tells nothing.
_SHARED_TYPES = (type(None), bool, int, float, complex, str)


class ReadVariable(NamedTuple):
    """A variable that was loaded from the data of an earlier task."""

    name: str
    source: Any  # the TaskDataStore that it was loaded from
    content_hash: str
    value_hash: str = ""  # when it was loaded, of a value that holds tensors


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
        # Assigned the very value that was loaded under that name, and from where.
        self.reassigned: dict[str, ReadVariable] = {}
        # Those of them that were found unchanged when the step had ended.
        self.passed_on: dict[str, ReadVariable] = {}
        # What was asked for through Metaflow's client.
        self.client_reads = ClientReads()
        # The tasks that all this came from, once they were asked for.
        self.sources: Any = None
        # A join starts out with nothing.
        self.is_join = flow._datastore is output
        # What was on the flow before the step began.
        self.held_before = frozenset(flow.__dict__)
        self._flow = flow
        self._class = type(flow)
        self._output = output
        self._thread = threading.local()
        # Flow instances of a join's inputs that loaded a variable.
        self._input_loads: dict[str, list[tuple[Any, ReadVariable]]] = {}
        self._originals: dict[str, Any] = {}

    def start(self) -> None:
        """Begin to watch."""
        self._patch("__getattr__", self._reading)
        self._patch("__setattr__", self._assigning)
        self._patch("__delattr__", self._deleting)
        self._patch("merge_artifacts", self._merging)
        self.client_reads.start()
        self._output.passdown_partial = self._passing_down(self._output.passdown_partial)

    def stop(self) -> None:
        """Leave everything as it was. May be called again."""
        self.client_reads.stop()
        self._input_loads.clear()
        while self._originals:
            name, original = self._originals.popitem()
            if original is None:
                delattr(self._class, name)
            else:
                setattr(self._class, name, original)
        self._output.__dict__.pop("passdown_partial", None)

    def hide_from(self, error: BaseException) -> None:
        """Leave the traceback of a step's error as it would be without us."""
        drop_frames_of(__file__, error)

    def _patch(self, name: str, wrap: Callable[[Any], Any]) -> None:
        method = getattr(self._class, name)
        self._originals[name] = self._class.__dict__.get(name)
        setattr(self._class, name, _Patched(method, wrap(method)))

    def _reading(self, load: Any) -> Callable[[Any, str], Any]:
        def load_noting_read(instance: Any, name: str) -> Any:
            loading: list[str] = self._thread.__dict__.setdefault("loading", [])
            loading.append(name)
            try:
                value = load(instance, name)
            finally:
                loading.pop()
            merging = self._thread.__dict__.get("merging")
            if merging is None:
                self._note_read(instance, name, value)
            elif instance is self._flow:
                merging.append(name)
            return value

        return load_noting_read

    def _assigning(self, assign: Any) -> Callable[[Any, str, Any], None]:
        def assign_noting(instance: Any, name: str, value: Any) -> None:
            # Loading an artifact caches it with setattr, which is no assignment.
            if instance is self._flow and name not in self._thread.__dict__.get("loading", ()):
                self.assigned.add(name)
                self._note_reassignment(name, value)
            assign(instance, name, value)

        return assign_noting

    def _deleting(self, delete: Any) -> Callable[[Any, str], None]:
        def delete_noting(instance: Any, name: str) -> None:
            delete(instance, name)
            if instance is self._flow:
                # What an earlier task stored under the name shows again.
                self.assigned.discard(name)
                self.loaded.pop(name, None)
                self.reassigned.pop(name, None)

        return delete_noting

    def _merging(self, merge: Any) -> Callable[..., None]:
        def merge_noting(instance: Any, *args: Any, **kwargs: Any) -> None:
            # It looks, with hasattr, what there is already. That reads nothing.
            looked_at: list[str] = []
            self._thread.merging = looked_at
            try:
                merge(instance, *args, **kwargs)
            finally:
                del self._thread.merging
                for name in looked_at:
                    instance.__dict__.pop(name, None)

        return merge_noting

    def _passing_down(self, pass_down: Any) -> Callable[[Any, Iterable[str]], None]:
        def pass_down_noting(origin: Any, variables: Iterable[str]) -> None:
            names = list(variables)
            self.merged.update(dict.fromkeys(names, origin))
            pass_down(origin, names)

        return pass_down_noting

    def _note_reassignment(self, name: str, value: Any) -> None:
        self.reassigned.pop(name, None)
        if type(value) in _SHARED_TYPES:
            return
        read = self.loaded.get(name)
        if read is not None and self._flow.__dict__.get(name) is value:
            self.reassigned[name] = read
            return
        for instance, loaded in self._input_loads.get(name, ()):
            if instance.__dict__.get(name) is value:
                self.reassigned[name] = loaded
                return

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
                self.loaded[name] = read
                self.loaded[name] = read._replace(value_hash=_hash_of_tensors(value))
            else:
                self._input_loads.setdefault(name, []).append((instance, read))


class _Patched:
    """Runs in place of a method.

    Where a step sends the flow class to other processes, as cloudpickle does,
    the method itself goes along.
    """

    def __init__(self, method: Any, call: Callable[..., Any]) -> None:
        self._method, self._call = method, call

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self._call, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __reduce__(self) -> Any:
        return _itself, (self._method,)


def _itself(method: Any) -> Any:
    return method


def _hash_of_tensors(value: Any) -> str:
    """Return what tells later whether the step changed a value, where no pickle can."""
    if "torch" not in sys.modules:
        return ""
    from metaflow_wandb._value_hash import holds_tensors, value_hash

    try:
        return value_hash(value) if holds_tensors(value) else ""
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        return ""
