"""Notices that a step has closed descriptors that are not its own.

Programs that turn into a daemon close all there are. The numbers then go to
files of the step, and what gRPC does not know to be closed would be written
into those.
"""

from __future__ import annotations

import os
from typing import Any


class Sentinel:
    """A descriptor that goes when all of them are closed."""

    def __init__(self) -> None:
        reader, self._descriptor = os.pipe()
        os.close(reader)
        self._identity: tuple[int, int] | None = _identity(self._descriptor)

    def is_gone(self) -> bool:
        """Say whether the descriptor was closed by somebody else."""
        return _identity(self._descriptor) != self._identity

    def close(self) -> None:
        """Close it, unless it is gone."""
        if self._identity is not None and not self.is_gone():
            os.close(self._descriptor)
        self._descriptor, self._identity = -1, None


def never_free(held: Any) -> None:
    """Keep an object until the process is gone, so that nothing ends it."""
    import ctypes  # rarely needed, and slow to load

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino
