"""Imports grpc and protobuf without what a task does not need, and quiet about forks."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import types
from collections.abc import Iterator
from importlib import import_module
from typing import Any

_AIO = "grpc.aio"
_PURE_PYTHON = (
    "google.protobuf.descriptor_database",
    "google.protobuf.internal.python_message",
    "google.protobuf.text_encoding",
)
_CORE_SETTINGS = {
    # Handlers that grpc installs around fork() print, and may hang the child.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
    "GRPC_VERBOSITY": "NONE",
}


def import_grpc() -> Any:
    """Return the module `grpc`; its asyncio half is loaded on first use only."""
    if "grpc" in sys.modules:
        return import_module("grpc")
    with _put_off(_AIO):
        return import_module("grpc")


def import_protobuf() -> None:
    """Load what generated code needs; the implementation in Python only on first use.

    It is half the cost of protobuf, and idle where messages are made by the one in C.
    """
    if import_module("google.protobuf.internal.api_implementation").Type() != "upb":
        return
    with contextlib.ExitStack() as stack:
        for name in _PURE_PYTHON:
            stack.enter_context(_put_off(name))
        import_module("google.protobuf.internal.builder")


@contextlib.contextmanager
def _put_off(name: str) -> Iterator[None]:
    """Have a stand-in for a module, unless it is there, while what imports it is loaded."""
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = _StandIn(name)
    try:
        yield
    except BaseException:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        raise
    package, _, attribute = name.rpartition(".")
    if name in sys.modules:
        # As the import of a submodule does.
        vars(sys.modules[package]).setdefault(attribute, stand_in)


# Of the exchange of a stand-in for its module, by whichever thread is first.
_exchange = threading.Lock()


class _StandIn(types.ModuleType):
    """Stands in for a module, and loads it once something of it is asked for or put there."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module(), name)

    def __dir__(self) -> list[str]:
        return dir(self._module())

    def _module(self) -> types.ModuleType:
        with _exchange:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return import_module(self.__name__)


@contextlib.contextmanager
def core_settings() -> Iterator[None]:
    """Hold our settings of grpc's core, read at its start, unless the user set them."""
    added = {name: value for name, value in _CORE_SETTINGS.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
