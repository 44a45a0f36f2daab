"""The few lines that a task may print."""

from __future__ import annotations

import contextlib
import sys
import threading

_MAX_LENGTH = 500
_said = threading.Event()


def say_once(text: str) -> None:
    """Print `text` on stderr, unless this process has done so before."""
    if not _said.is_set():
        _said.set()
        say(text)


def say(text: str) -> None:
    """Print one line on stderr."""
    line = " ".join(text.split())[:_MAX_LENGTH]
    with contextlib.suppress(OSError, ValueError):  # stderr is closed; nobody to tell
        sys.stderr.write(f"metaflow-wandb: {line}\n")
        sys.stderr.flush()
