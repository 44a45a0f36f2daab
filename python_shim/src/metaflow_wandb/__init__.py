"""Log Metaflow steps to Weights & Biases through a metaflow-wandb sidecar."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metaflow_wandb._instep._light_run import run
    from metaflow_wandb._log import wandb_log
    from metaflow_wandb._track import wandb_track, wandb_use

__all__ = ["run", "wandb_log", "wandb_track", "wandb_use"]

_MODULES = {
    "run": "metaflow_wandb._instep._light_run",
    "wandb_log": "metaflow_wandb._log",
    "wandb_track": "metaflow_wandb._track",
    "wandb_use": "metaflow_wandb._track",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: Metaflow imports this package in flows that don't use it, too."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
