"""Makes `from metaflow import wandb_log` work."""

from importlib.util import find_spec

if find_spec("metaflow_wandb"):
    from metaflow_wandb._log import wandb_log

    __all__ = ["wandb_log"]

# By these Metaflow shows the extension behind its own version.
__mf_extensions__ = "metaflow-wandb"
__version__ = "0.1.0"
