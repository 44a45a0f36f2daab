"""Lets `spin` run decorated steps without a warning; it logs nothing there."""

from metaflow import metaflow_config

_allowed = getattr(metaflow_config, "SPIN_ALLOWED_DECORATORS", None)
if isinstance(_allowed, list):
    _allowed.extend({"wandb_log", "_wandb_lineage"}.difference(_allowed))
