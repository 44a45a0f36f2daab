"""Makes `from metaflow import wandb_log` work."""

from importlib.util import find_spec

if find_spec("metaflow_wandb"):
    from metaflow_wandb._log import wandb_log

    __all__ = ["wandb_log"]

# By these Metaflow shows the extension behind its own version.
__mf_extensions__ = "metaflow-wandb"
__version__ = "0.1.0"

# In the directory of this file each task would run git, to see whether it is in a checkout and
# has tags; which takes some milliseconds. Without a directory Metaflow shows the version above.
__file__ = "wandb_log_toplevel.py"
