"""Leaves on steps what W&B's integration leaves there."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from metaflow_wandb._options import LogOptions


def mark_steps(flow_class: Any, options: LogOptions, decorator_name: str) -> None:
    """Mark the steps of a decorated flow class that have no decoration of their own."""
    for name in dir(flow_class):
        function: Any = getattr(flow_class, name, None)
        if not isinstance(function, types.FunctionType) or not hasattr(function, "is_step"):
            continue
        if any(decorator.name == decorator_name for decorator in vars(function)["decorators"]):
            continue
        if name not in flow_class.__dict__:
            function = _copied(function)
            setattr(flow_class, name, function)
            mark(function, options)
        elif not hasattr(function, "_base_func"):
            mark(function, options)
    flow_class._steps = [getattr(flow_class, node.name) for node in flow_class._graph]


def mark(function: Any, options: LogOptions) -> None:
    """Make a decoration readable on a step, as W&B's integration does."""
    function._base_func = function
    function._kwargs = options.documented()


def _copied(function: Any) -> Callable[..., Any]:
    """Copy an inherited step, so that decorating a subclass leaves its base alone."""
    copy: Any = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = function.__qualname__
    copy.__module__ = function.__module__
    copy.__doc__ = function.__doc__
    copy.__annotations__ = function.__annotations__
    copy.__dict__.update(
        {
            name: list(value) if isinstance(value, list) else value
            for name, value in function.__dict__.items()
        }
    )
    return copy
