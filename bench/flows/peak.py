"""Notes the most memory that a task's process held, for the flows beside this file."""

from __future__ import annotations

import atexit
import os
import resource
import sys


def watch() -> None:
    """Append the peak in KiB to the file that BENCH_PEAKS names, when a task's process ends."""
    path = os.environ.get("BENCH_PEAKS")
    if path and "step" in sys.argv:
        atexit.register(_note, path)


def _note(path: str) -> None:
    with open(path, "a") as file:
        file.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
