"""Reads what the client's service wrote about a run that did not land."""

from __future__ import annotations

import json
import os

_TAIL_BYTES = 64 * 1024
_MOST = 2


def client_errors(run_dir: str) -> str:
    """Last errors in the log of a run, as the end of a sentence; empty where there are none.

    The client reports most of what went wrong nowhere else.
    """
    errors = []
    for line in _tail(os.path.join(run_dir, "logs", "debug-internal.log")):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and str(entry.get("level")).startswith("ERROR"):
            errors.append(" ".join(str(entry[key]) for key in ("msg", "error") if key in entry))
    return f"; the client says: {'; '.join(errors[-_MOST:])}" if errors else ""


def _tail(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
