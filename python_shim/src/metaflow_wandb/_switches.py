"""Settings that turn things off."""

from __future__ import annotations

import os

from metaflow_wandb._packaged import setting


def logging_is_off() -> bool:
    """Say whether the user wants nothing to be logged."""
    if setting("METAFLOW_WANDB_DISABLED").lower() in ("1", "true", "yes"):
        return True
    return setting("WANDB_MODE").lower() == "disabled"


def autostart_is_off() -> bool:
    """Say whether the user wants to start sidecars alone."""
    return os.environ.get("METAFLOW_WANDB_AUTOSTART", "").strip().lower() in ("0", "false", "no")
