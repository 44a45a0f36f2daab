"""Describes a `wandb.Artifact` that the step logs, and sends its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._strict_json import strict_json
from metaflow_wandb._wire_text import sendable

_LATEST = "latest"


def logged_artifact(
    artifact: Any, aliases: Iterable[str], tags: Iterable[str], send: Callable[[str], int]
) -> pb.LoggedArtifact:
    """Send the files of a finished artifact with `send`, and return its description.

    Raises:
        OSError: a file can't be read.
        TypeError: the metadata is no JSON.
    """
    return pb.LoggedArtifact(
        name=sendable(artifact.name),
        type=sendable(artifact.type),
        description=sendable(artifact.description or ""),
        metadata_json=strict_json(artifact.metadata or {}, default=str),
        aliases=[sendable(alias) for alias in aliases if alias != _LATEST],
        tags=[sendable(tag) for tag in tags],
        client_id=artifact._client_id,
        sequence_client_id=artifact._sequence_client_id,
        entries=[_entry(entry, send) for entry in artifact.manifest.entries.values()],
    )


def _entry(entry: Any, send: Callable[[str], int]) -> pb.ArtifactEntry:
    message = pb.ArtifactEntry(
        path=sendable(str(entry.path)),
        reference=sendable(str(entry.ref or "")),
        digest=sendable(str(entry.digest)),
        size_bytes=entry.size or 0,
        extra_json=json.dumps(entry.extra, default=str) if entry.extra else "",
    )
    if not message.reference:
        message.file_id = send(entry.local_path)
    return message
