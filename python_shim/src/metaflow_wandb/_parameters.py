"""Reads the parameters of a flow, files only by their name, size and digest."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._value_json import NotDescribable, value_json


def parameter_messages(flow: Any) -> list[pb.Parameter]:
    """Return the flow's parameters; one that can't be read is left out."""
    info = flow._graph_info
    return [
        message
        for parameter in info.get("parameters", ())
        if (message := _message(flow, parameter["name"], parameter["type"])) is not None
    ]


def _message(flow: Any, name: str, type_name: str) -> pb.Parameter | None:
    try:
        if type_name == "IncludeFile":
            return _include_file(flow, name)
        is_config = type_name == "Config"
        value = getattr(flow, name)
        if hasattr(value, "to_dict"):  # Metaflow shows a Config as an object of its own
            value = value.to_dict()
        kind = pb.Parameter.KIND_CONFIG if is_config else pb.Parameter.KIND_PARAMETER
        return pb.Parameter(name=name, kind=kind, value_json=value_json(value))
    except (NotDescribable, Exception):  # noqa: BLE001 - the rest is worth having
        return None


def _include_file(flow: Any, name: str) -> pb.Parameter:
    """Describe a file by what Metaflow stored of it, without loading it."""
    message = pb.Parameter(name=name, kind=pb.Parameter.KIND_INCLUDE_FILE)
    return message
