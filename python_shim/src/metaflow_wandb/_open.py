"""Builds the message that opens an attempt."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from typing import Any

from metaflow_wandb._clock import now_us
from metaflow_wandb._environment import environment_message
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import Layers, TaskContext
from metaflow_wandb._options import LogOptions
from metaflow_wandb._parameters import parameter_messages
from metaflow_wandb._settings import read_settings
from metaflow_wandb._wire_text import sendable

PROTOCOL = {"major": 1, "minor": 3}
_MAX_FOREACH_VALUE = 256


def open_message(context: TaskContext, layers: Layers) -> pb.Open:
    """Return everything that is known of an attempt before its step runs."""
    from metaflow.metaflow_current import current

    metadata = context.metadata
    return pb.Open(
        protocol=pb.ProtocolVersion(**PROTOCOL),
        task=task_attempt(context, context.step_name, context.task_id, context.retry_count),
        step_options=[_options(options) for options in layers["step"]],
        flow_options=[_options(options) for options in layers["flow"]],
        with_options=[_options(options) for options in layers["with"]],
        parameters=parameter_messages(context.flow, context.inputs),
        tags=_sorted_text(getattr(metadata, "sticky_tags", ())),
        system_tags=_sorted_text(getattr(metadata, "sticky_sys_tags", ())),
        project_name=_text(current.get("project_name")),
        branch_name=_text(current.get("branch_name")),
        is_production=bool(current.get("is_production", False)),
        origin_run_id=_text(current.origin_run_id),
        foreach_stack=_foreach_stack(context.flow),
        graph_json=_graph_json(context.graph),
        environment=environment_message(),
        started_at_us=now_us(),
        max_attempts=context.max_user_code_retries + 1,
        metaflow_user=_text(current.username),
    )


def lineage_open_message(context: TaskContext, layers: Layers, started_at_us: int) -> pb.Open:
    """Return what lineage needs to know of an attempt that is not logged."""
    from metaflow.metaflow_current import current

    return pb.Open(
        protocol=pb.ProtocolVersion(**PROTOCOL),
        task=task_attempt(context, context.step_name, context.task_id, context.retry_count),
        lineage_only=True,
        step_options=[_flags(options) for options in layers["step"]],
        flow_options=[_flags(options) for options in layers["flow"]],
        with_options=[_flags(options) for options in layers["with"]],
        origin_run_id=_text(current.origin_run_id),
        foreach_stack=_foreach_stack(context.flow),
        started_at_us=started_at_us,
        max_attempts=context.max_user_code_retries + 1,
        metaflow_user=_text(current.username),
    )


def task_attempt(
    context: TaskContext, step_name: str, task_id: str, attempt: int | None, run_id: str = ""
) -> pb.TaskAttempt:
    """Return the identity of a task attempt of this flow."""
    return pb.TaskAttempt(
        metadata_provider=metadata_provider(context.metadata),
        flow_name=context.flow.name,
        run_id=str(run_id or context.run_id),
        step_name=step_name,
        task_id=str(task_id),
        attempt=attempt or 0,
    )


def metadata_provider(metadata: Any) -> str:
    """Return where task metadata is kept, telling equal paths of two hosts apart."""
    kind, _, place = str(metadata.metadata_str()).partition("@")
    at = f"{socket.gethostname()}:{place}" if kind == "local" else place
    return sendable(f"{kind}@{at}")


def _options(options: LogOptions) -> pb.LogOptions:
    settings = read_settings(options.settings)
    message = _flags(options)
    message.settings_json = settings.json
    message.settings_withheld.extend(sendable(name) for name in settings.withheld)
    return message


def _flags(options: LogOptions) -> pb.LogOptions:
    return pb.LogOptions(
        datasets=options.datasets,
        models=options.models,
        others=options.others,
        enabled=options.enabled,
    )


def _foreach_stack(flow: Any) -> list[pb.ForeachFrame]:
    return [
        pb.ForeachFrame(
            step_name=_text(frame.step),
            variable=_text(frame.var),
            num_splits=frame.num_splits or 0,
            index=frame.index or 0,
            value=_text(frame.value)[:_MAX_FOREACH_VALUE],
        )
        for frame in flow._foreach_stack or ()
    ]


def _graph_json(graph: Any) -> str:
    steps = {node.name: {"type": node.type, "next": list(node.out_funcs)} for node in graph}
    return json.dumps(steps)


def _sorted_text(values: Iterable[Any] | None) -> list[str]:
    return sorted(_text(value) for value in values or ())


def _text(value: Any) -> str:
    return "" if value is None else sendable(str(value))
