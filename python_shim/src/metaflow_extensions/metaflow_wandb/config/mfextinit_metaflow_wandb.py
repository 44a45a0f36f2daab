"""Lets `spin` run decorated steps without a warning; it logs nothing there."""

from metaflow import metaflow_config

_allowed = getattr(metaflow_config, "SPIN_ALLOWED_DECORATORS", None)
if isinstance(_allowed, list) and "wandb_log" not in _allowed:
    _allowed.append("wandb_log")
