"""The hidden step decorator through which lineage goes where nothing is logged."""

from __future__ import annotations

from typing import Any, ClassVar

from metaflow.system_context import system_context

from metaflow_extensions.metaflow_wandb.plugins import wandb_log_decorator
from metaflow_wandb._lineage_only import is_logged
from metaflow_wandb._options import LogOptions

# Metaflow leaves decorators whose name begins so out of what it stores of a flow.
NAME = "_wandb_lineage"


class WandbLineageDecorator(wandb_log_decorator.WandbLogDecorator):
    """Tells the sidecar what an undecorated step read and passed on, and nothing else."""

    name = NAME
    defaults: ClassVar[dict[str, Any]] = {}
    _ships = False

    def layers(self, flow_class: type) -> dict[str, list[LogOptions]]:
        return {"step": [], "flow": [], "with": []}


def watch_other_steps(flow: Any, in_task: bool) -> None:
    """Attach the hidden decorator to each undecorated step of a flow of which a step is logged.

    Args:
        flow: the flow.
        in_task: do so only in a process that runs a step.
    """
    if (in_task and not system_context.is_task) or not logs_any_step(flow):
        return
    ours = {wandb_log_decorator.NAME, NAME}
    for step in flow:
        if all(decorator.name not in ours for decorator in step.decorators):
            # Static, so that Metaflow puts it on no command line.
            step.decorators.append(WandbLineageDecorator(attributes={}, statically_defined=True))


def logs_any_step(flow: Any) -> bool:
    """Say whether a step of the flow is decorated and did not opt out."""
    return any(
        is_logged(decorator.layers(type(flow)))
        for step in flow
        for decorator in step.decorators
        if decorator.name == wandb_log_decorator.NAME
    )
