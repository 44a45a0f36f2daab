"""Reads the parameters of a flow, files only by their name, size and digest."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._value_json import NotDescribableError, value_json


def parameter_messages(flow: Any, inputs: Any) -> list[pb.Parameter]:
    """Return the flow's parameters; one that can't be read is left out."""
    messages = []
    for parameter in flow._graph_info.get("parameters", ()):
        name, type_name = parameter["name"], parameter["type"]
        try:
            if type_name == "IncludeFile":
                messages.append(_include_file(name, inputs))
            else:
                messages.append(_parameter(name, type_name, flow))
        except (NotDescribableError, Exception):  # noqa: BLE001 - the rest is worth having
            continue
    return messages


def _parameter(name: str, type_name: str, flow: Any) -> pb.Parameter:
    value = getattr(flow, name)
    if hasattr(type(value), "to_dict"):  # Metaflow shows a Config as an object of its own
        value = value.to_dict()
    is_config = type_name == "Config"
    kind = pb.Parameter.KIND_CONFIG if is_config else pb.Parameter.KIND_PARAMETER
    return pb.Parameter(name=name, kind=kind, value_json=_text(value))


def _text(value: Any) -> str:
    try:
        return value_json(value)
    except NotDescribableError:
        return value_json(str(value))  # such as a path: W&B's client writes it so, too


def _include_file(name: str, inputs: Any) -> pb.Parameter:
    """Describe a file by what Metaflow stored about it; `self.NAME` would load it."""
    message = pb.Parameter(name=name, kind=pb.Parameter.KIND_INCLUDE_FILE)
    included = inputs[0][name]
    if included is None:
        return message
    descriptor = included.descriptor
    message.size_bytes = int(descriptor.get("size") or 0)
    # Metaflow stores the file under the SHA-1 of its contents.
    digest = str(descriptor.get("url", "")).rpartition("/")[2]
    if len(digest) == 40:
        message.digest = f"sha1:{digest}"
    return message
