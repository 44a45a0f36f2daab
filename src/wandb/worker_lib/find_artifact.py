"""Finds artifacts for running steps, which have no key of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

from .errors import Failed, is_transient, sort
from .readback import find_run
from .session import Session


def find_artifact(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Look up an artifact version.

    Raises:
        Failed: W&B holds no such version.
    """
    session.probe()
    artifact = _fetch(session, _qualified(session, request), request["type"] or None)
    name = f"{artifact.source_entity}/{artifact.source_project}/{artifact.source_name}"
    return {
        "outcome": "done",
        "artifact": {
            "qualifiedName": name,
            "id": artifact.id,
            "type": artifact.type,
            "description": artifact.description or "",
            "metadata": artifact.metadata or {},
            "aliases": list(artifact.aliases),
            "tags": list(artifact.tags),
            "digest": artifact.digest,
            "sizeBytes": artifact.size,
            "createdAt": artifact.created_at or "",
            "entries": [_entry(entry) for entry in artifact.manifest.entries.values()],
        },
    }


def fetch_file(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Download one file of a version into the scratch directory.

    Raises:
        Failed: W&B holds no such file.
    """
    session.probe()
    artifact = _fetch(session, request["qualifiedName"], None)
    entry = artifact.manifest.entries.get(request["path"])
    if entry is None:
        raise Failed(f"{request['qualifiedName']} has no file {request['path']}")
    if entry.ref:
        raise Failed(f"{request['path']} of {request['qualifiedName']} is a reference to {entry.ref}")
    whole = artifact.get_entry(request["path"])
    return _downloaded(session, lambda root: whole.download(root=root, skip_cache=True))


def fetch_run_file(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Download one file of a run into the scratch directory.

    Raises:
        Failed: W&B holds no such file.
    """
    session.probe()
    run = find_run(session, request["run"])
    files = run.files(names=[request["path"]]) if run is not None else []
    file = next((file for file in files if file.name == request["path"]), None)
    if file is None:
        raise Failed(f"W&B holds no file {request['path']} of run {request['run']['runId']}")

    def download(root: str) -> str:
        with file.download(root=root) as opened:
            return opened.name

    return _downloaded(session, download)


def _downloaded(session: Session, download: Callable[[str], str]) -> dict[str, Any]:
    root = tempfile.mkdtemp(prefix="file-", dir=session.scratch_dir)
    try:
        path = download(root)
    except Exception as error:  # noqa: BLE001 - sorted
        raise sort(error) from error
    # One name for all, so that the caller can remove file and directory without a look at the path.
    there = os.path.join(root, "file")
    if os.path.abspath(path) != there:
        os.replace(path, there)
    return {"outcome": "done", "localPath": there}


def _qualified(session: Session, request: dict[str, Any]) -> str:
    name = request["name"].removeprefix("wandb-artifact://")
    if ":" not in name.rsplit("/", 1)[-1]:
        name = f"{name}:latest"
    parts = name.split("/")
    entity = request["entity"] or session.api().default_entity
    return "/".join([entity, request["project"]][: 3 - len(parts)] + parts)


def _fetch(session: Session, name: str, kind: str | None) -> Any:
    try:
        return session.api().artifact(name, type=kind)
    except Exception as error:  # noqa: BLE001 - sorted
        if is_transient(error):
            raise sort(error) from error
        raise Failed(f"W&B holds no artifact {name}{f' of type {kind}' if kind else ''}: {error}") from error


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "path": str(entry.path),
        "reference": entry.ref or "",
        "digest": entry.digest,
        "sizeBytes": entry.size or 0,
        "extra": entry.extra or {},
    }
