"""`wandb_log`, or, where a flow runs plain, a decorator that leaves everything as it is."""

import os

if os.environ.get("PLAIN"):

    def wandb_log(func=None, /, **_):
        return (lambda target: target) if func is None else func

else:
    from metaflow_wandb import wandb_log

__all__ = ["wandb_log"]
