"""What a run of `values` shows of itself, to be compared with one without the decorator."""

from __future__ import annotations

import json
from pathlib import Path


def stored_hashes(root: Path) -> dict[tuple[str, str], str]:
    """Return the content hash of each artifact of each step of the one run under `root`."""
    hashes = {}
    for data in root.glob(".metaflow/ValuesFlow/*/*/*/0.data.json"):
        step = data.parent.parent.name
        for name, content_hash in json.loads(data.read_text())["objects"].items():
            hashes[step, name] = content_hash
    # Lists the decorators.
    return {key: value for key, value in hashes.items() if key[1] != "_graph_info"}


def without_prefix(output: str) -> list[str]:
    """Return what the steps printed, without time, run id and process id.

    Sorted, since a task's two streams reach the launcher in any order.
    """
    return sorted(line.partition(")] ")[2] for line in output.splitlines() if "(pid" in line)
