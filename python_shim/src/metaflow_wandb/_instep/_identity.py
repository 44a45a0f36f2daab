"""What a task's W&B run will be called, worked out as the sidecar does."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from metaflow_wandb._git import read_git_state
from metaflow_wandb._hooks import Layers, TaskContext, guarded
from metaflow_wandb._instep._attempt_key import attempt_key
from metaflow_wandb._instep._task_run import RunIdentity
from metaflow_wandb._open import task_attempt
from metaflow_wandb._options import LogOptions
from metaflow_wandb._project import derived_project
from metaflow_wandb._settings import read_settings


def nearest_options(layers: Layers) -> LogOptions:
    """Return the decoration that covers the step: the nearest wins as a whole."""
    nearest = next((layer[0] for layer in layers.values() if layer), None)
    return nearest or LogOptions()


def run_identity(context: TaskContext, layers: Layers) -> RunIdentity:
    """Return what `wandb.run` says of itself before the sidecar has answered."""
    task = task_attempt(context, context.step_name, context.task_id, context.retry_count)
    settings = json.loads(read_settings(nearest_options(layers).settings).json or "{}")

    def chosen(field: str, variable: str, default: str = "") -> str:
        return str(settings.get(field) or os.environ.get(variable) or default)

    return RunIdentity(
        id=attempt_key(task),
        name=chosen("run_name", "WANDB_NAME", f"{task.step_name}/{task.task_id}"),
        group=chosen("run_group", "WANDB_RUN_GROUP", f"{task.flow_name}/{task.run_id}"),
        job_type=chosen("run_job_type", "WANDB_JOB_TYPE", task.step_name),
        project=chosen("project", "WANDB_PROJECT") or _derived_project(),
        entity=chosen("entity", "WANDB_ENTITY"),
    )


def flow_parameters(context: TaskContext) -> dict[str, Any]:
    """Return the flow's parameters as the run's config will hold them, without files."""
    values: dict[str, Any] = {}
    for parameter in context.flow._graph_info.get("parameters", ()):
        if parameter["type"] == "IncludeFile":
            continue
        with guarded(quiet=True):
            value = getattr(context.flow, parameter["name"])
            values[parameter["name"]] = value.to_dict() if hasattr(value, "to_dict") else value
    return values


def _derived_project() -> str:
    git = read_git_state(os.getcwd())
    return derived_project(git.root if git else "", sys.argv[0] if sys.argv else "")
