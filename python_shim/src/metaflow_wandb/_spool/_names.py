"""What files of a spool directory are called."""

from __future__ import annotations

import os
import socket

PART_SUFFIX = ".part"
SPOOL_SUFFIX = ".spool"


def part_name(name: str) -> str:
    """Return what a file is called while this process writes or sends it."""
    return f"{name}.{socket.gethostname()}.{os.getpid()}{PART_SUFFIX}"
