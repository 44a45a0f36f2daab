"""The environment variables that turn recording off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaflow_wandb._hooks import TaskContext


def recording_is_off(context: TaskContext) -> bool:
    """Say whether this task is left alone.

    Metaflow's `spin` reruns a single step on the side and is left alone too.
    """
    if os.environ.get("METAFLOW_WANDB_DISABLED", "").strip().lower() in ("1", "true", "yes"):
        return True
    if os.environ.get("WANDB_MODE", "").strip().lower() == "disabled":
        return True
    return any(hasattr(source, "orig_datastore") for source in context.inputs or ())
