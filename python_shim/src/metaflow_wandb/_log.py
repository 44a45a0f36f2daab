"""`wandb_log`, for steps and flows, above and below `@step`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, overload

from metaflow_wandb._options import LogOptions, checked_options

Target = TypeVar("Target")


@overload
def wandb_log(func: Target, /) -> Target: ...
@overload
def wandb_log(
    func: None = None,
    /,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    settings: Any = None,
    *,
    enabled: bool = True,
) -> Callable[[Target], Target]: ...
def wandb_log(
    func: Any = None,
    /,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    settings: Any = None,
    *,
    enabled: bool = True,
) -> Any:
    """Log what a step, or every step of a flow, assigns to `self`.

    The nearest decoration wins as a whole: that of a step before that of its
    flow, that of a flow before `--with wandb_log`.

    Args:
        func: a step or a flow class, where used without parentheses.
        datasets: log data frames and paths.
        models: log PyTorch modules and scikit-learn estimators.
        others: log anything else that can be pickled.
        settings: a `wandb.Settings` or a dict of its fields. Credentials stay
            in the step: the sidecar has its own.
        enabled: False leaves the step out altogether.

    Raises:
        TypeError: an option is wrong, or `func` is neither a step nor a flow.
    """
    options = checked_options(
        datasets=datasets, models=models, others=others, settings=settings, enabled=enabled
    )

    def decorate(target: Any) -> Any:
        return _decorate(target, options)

    return decorate if func is None else decorate(func)


def _decorate(target: Any, options: LogOptions) -> Any:
    from metaflow_extensions.metaflow_wandb.plugins import wandb_log_decorator as metaflow_side

    # Metaflow's own mutators and step decorators wrap what they decorate.
    target = getattr(target, "_flow_cls", None) or getattr(target, "_my_step", None) or target
    if inspect.isclass(target):
        return metaflow_side.decorate_flow(target, options)
    if hasattr(target, "is_step"):
        return metaflow_side.decorate_step(target, options)
    if inspect.isfunction(target):
        from metaflow_wandb._below_step import BelowStep

        return BelowStep(target, options)
    if hasattr(target, "wandb_log_options"):
        target.wandb_log_options.append(options)
        return target
    raise TypeError(
        "wandb_log decorates a step or a FlowSpec class, "
        f"not a value of type {type(target).__name__!r}"
    )
