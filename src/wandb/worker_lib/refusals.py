"""Puts on record in the run what W&B would not take of it."""

from __future__ import annotations

from typing import Any


def record(run: Any, config: dict[str, Any], refused: dict[str, str]) -> None:
    """Add the reasons, by variable, to `left_out` of the config's key that tells of the Metaflow task."""
    if not refused:
        return
    key = "metaflow_task" if "metaflow_task" in config else "metaflow"
    task = dict(run.config.get(key) or {})
    task["left_out"] = {**(task.get("left_out") or {}), **refused}
    run.config.update({key: task}, allow_val_change=True)
