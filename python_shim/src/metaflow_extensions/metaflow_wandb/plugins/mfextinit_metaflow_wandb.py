"""Registers `wandb_log` with Metaflow."""

from importlib.util import find_spec

# Metaflow ships extensions to remote tasks whole, also where the package that
# does the work isn't installed, and a version of Metaflow may be too old for
# it; a flow that doesn't use it must run in either case.
_USABLE = find_spec("metaflow_wandb") and find_spec("metaflow.user_decorators")

STEP_DECORATORS_DESC = [("wandb_log", ".wandb_log_decorator.WandbLogDecorator")] if _USABLE else []
