"""What `wandb.init` does in a logged step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wandb.sdk.wandb_helper import parse_config

from metaflow_wandb._instep._wandb_run import StepRun
from metaflow_wandb._warn import say_once


def init_in_step(
    run: StepRun, arguments: dict[str, Any], use: Callable[[StepRun], None]
) -> StepRun:
    """Return the task's run, with the given config, name, notes and tags.

    What says which run it is (project, entity, id, group and the like) is the
    task's. With `mode="disabled"` the run returned drops what it is given,
    and `wandb.run` is that until it is finished.

    Raises:
        TypeError, ValueError, wandb.Error: as of `wandb.init` for these arguments.
    """
    if _given(arguments, "mode", "mode") == "disabled":
        tasks_run = run
        run = tasks_run.dropping_one(on_finish=lambda: use(tasks_run))
    use(run)
    config = parse_config(
        arguments.get("config") or {},
        include=arguments.get("config_include_keys"),
        exclude=arguments.get("config_exclude_keys"),
    )
    if config:
        run.config.update(config, allow_val_change=True)
    for argument in ("name", "notes", "tags"):
        value = _given(arguments, argument, f"run_{argument}")
        if value is not None:
            setattr(run, argument, value)
    if arguments.get("sync_tensorboard") or arguments.get("tensorboard"):
        say_once("TensorBoard logs of a step are not sent to W&B; log what matters with wandb.log")
    return run


def _given(arguments: dict[str, Any], argument: str, setting: str) -> Any:
    if arguments.get(argument) is not None:
        return arguments[argument]
    settings = arguments.get("settings")
    if isinstance(settings, dict):
        return settings.get(setting)
    return getattr(settings, setting, None)
