"""Stands in for a function that `wandb_log` decorates before `@step` does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from metaflow_wandb._options import LogOptions


class BelowStep:
    """A function that becomes a decorated step once its class is made.

    `@step` forgets decorators that were applied before it. So this object
    takes its place on the function, collects what `@step` and the decorators
    above it set, and at the end of the class body leaves the plain function
    behind, decorated.
    """

    def __init__(self, function: Callable[..., Any], options: LogOptions) -> None:
        functools.update_wrapper(self, function)
        self.wandb_log_options = [options]
        self._base_func = function
        self._kwargs = options.documented()

    def __set_name__(self, owner: type, name: str) -> None:
        setattr(owner, name, self._decorated())

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        # Reached where a decorator of the user's own keeps this object to itself.
        return self._decorated().__get__(instance, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._base_func(*args, **kwargs)

    def _decorated(self) -> Callable[..., Any]:
        from metaflow_extensions.metaflow_wandb.plugins import wandb_log_decorator

        function = self._base_func
        set_above = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("__wrapped__", "wandb_log_options", "_base_func", "_kwargs")
        }
        function.__dict__.update(set_above)
        if hasattr(function, "is_step"):
            while self.wandb_log_options:
                wandb_log_decorator.decorate_step(function, self.wandb_log_options.pop(0))
        return function
