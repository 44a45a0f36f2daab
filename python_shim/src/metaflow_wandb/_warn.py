"""The one line that a task may print."""

from __future__ import annotations

import sys

_warned = False


def warn_once(text: str) -> None:
    """Print `text` on stderr, unless this process has warned before."""
    global _warned
    if not _warned:
        _warned = True
        say(text)


def say(text: str) -> None:
    """Print one line on stderr."""
    line = " ".join(str(text).split())
    try:
        print(f"metaflow-wandb: {line[:500]}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass  # stderr is closed; nobody to tell
