"""Imports grpc without what a task does not need, and quiet about forks."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

_AIO = "grpc.aio"
_CORE_SETTINGS = {
    # Handlers that grpc installs around fork() print, and may hang the child.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
    "GRPC_VERBOSITY": "NONE",
}


def import_grpc() -> Any:
    """Return the module `grpc`; its asyncio half is loaded on first use only."""
    if "grpc" in sys.modules or _AIO in sys.modules:
        return importlib.import_module("grpc")
    stand_in = _LazyAio(_AIO)
    sys.modules[_AIO] = stand_in
    try:
        return importlib.import_module("grpc")
    except BaseException:
        if sys.modules.get(_AIO) is stand_in:
            del sys.modules[_AIO]
        raise


class _LazyAio(types.ModuleType):
    """Stands in for `grpc.aio`, a third of the cost of importing grpc."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module(), name)

    def __dir__(self) -> list[str]:
        return dir(self._module())

    def _module(self) -> types.ModuleType:
        if sys.modules.get(_AIO) is self:
            del sys.modules[_AIO]
        return importlib.import_module(_AIO)


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
