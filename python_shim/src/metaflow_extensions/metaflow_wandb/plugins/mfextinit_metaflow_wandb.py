"""Registers `wandb_log` with Metaflow."""

from importlib.util import find_spec

# Metaflow ships extensions to remote tasks whole, also where the package that
# does the work isn't installed; a flow that doesn't use it must run there.
STEP_DECORATORS_DESC = (
    [("wandb_log", ".wandb_log_decorator.WandbLogDecorator")] if find_spec("metaflow_wandb") else []
)
