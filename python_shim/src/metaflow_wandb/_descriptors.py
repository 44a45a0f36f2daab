"""Keeps gRPC off descriptors that a step closes, though they are not its own.

Programs that turn into a daemon close all there are. The numbers then go to
files of the step, into which gRPC, which does not know, would write; or it
aborts the process.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable
from typing import Any

_OPEN = "/proc/self/fd"
# By these gRPC wakes its threads.
_OF_GRPC = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]")
_POLL_S = 0.01
_MAX_POLLS = 100


class Sentinel:
    """Notices that descriptors are closed, and hears of it before `os.closerange` does it."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        """Begin to watch; `let_go` gives back what would be closed."""
        self._before = _wakers()
        reader, self._descriptor = os.pipe()
        os.close(reader)
        self._identity = _identity(self._descriptor)
        self._let_go = let_go
        self._closerange = os.closerange
        self._patched = self._patch(os.getpid())
        os.closerange = self._patched

    def is_gone(self) -> bool:
        """Say whether the descriptor was closed by somebody else."""
        return _identity(self._descriptor) != self._identity

    def close(self) -> None:
        """Watch no longer."""
        if os.closerange is self._patched:
            os.closerange = self._closerange
        if self._identity is not None and not self.is_gone():
            os.close(self._descriptor)
        self._descriptor, self._identity = -1, None

    def wait_until_given_back(self) -> None:
        """Wait, a second at most, until gRPC has closed what it had opened since the start."""
        for _ in range(_MAX_POLLS):
            if _wakers() <= self._before:
                return
            time.sleep(_POLL_S)

    def _patch(self, pid: int) -> Callable[[int, int], None]:
        closerange = self._closerange

        @functools.wraps(closerange)
        def letting_go(low: int, high: int, /) -> None:
            # A forked child has descriptors of its own, and none of gRPC's threads.
            if os.getpid() == pid and self._descriptor >= 0:
                self._let_go()
            closerange(low, high)

        return letting_go


def never_free(held: Any) -> None:
    """Keep an object until the process is gone, so that nothing ends it."""
    import ctypes  # rarely needed, and slow to load

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def _wakers() -> set[str]:
    with contextlib.suppress(OSError):
        return {number for number in os.listdir(_OPEN) if _target(number) in _OF_GRPC}
    return set()


def _target(number: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"{_OPEN}/{number}")
    return ""


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino
