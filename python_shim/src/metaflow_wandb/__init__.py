"""Log Metaflow steps to Weights & Biases through a metaflow-wandb sidecar."""

from metaflow_wandb._instep._light_run import run
from metaflow_wandb._log import wandb_log
from metaflow_wandb._track import wandb_track, wandb_use

# Metaflow ships a package that says so along with the flow's own code.
METAFLOW_PACKAGE_POLICY = "include"

__all__ = ["run", "wandb_log", "wandb_track", "wandb_use"]
