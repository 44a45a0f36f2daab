"""Logs an attempt's artifacts and reads each back."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any

import wandb
from wandb.sdk.artifacts._internal_artifact import InternalArtifact
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry

from . import failpoints, held
from .errors import Failed, is_transient, sort
from .session import Session

_TYPE_CONFLICT = "already exists with type"
_WAIT_BASE_S = 60
# Slower than this counts as stuck.
_BYTES_PER_S = 1_000_000

_Found = tuple[list[dict[str, Any]], list[str]]


@dataclass(frozen=True)
class _Started:
    upload: dict[str, Any]
    artifact: wandb.Artifact
    entries: held.Entries


@dataclass(frozen=True)
class _Notes:
    problems: list[str]
    refused: dict[str, str]

    def add(self, error: Exception, upload: dict[str, Any]) -> None:
        if is_transient(error):
            raise sort(error) from error
        reason = str(sort(error))
        self.problems.append(f"{upload['variable']}: {reason}")
        self.refused[upload["variable"]] = reason


def log_all(
    session: Session,
    run: Any,
    uploads: list[dict[str, Any]],
    problems: list[str],
    known: bool,
    refused: dict[str, str],
) -> list[dict[str, Any]]:
    """Log the artifacts that the run does not have yet, and read all back.

    What W&B refuses becomes a line of `problems` and, by variable, an entry of `refused`.

    Raises:
        Retryable: Something failed that another try may heal.
    """
    notes = _Notes(problems, refused)
    earlier = held.HeldArtifacts(session, run) if known else None
    # All are started before the first is waited for: they upload side by side,
    # but for versions of one collection, which are to be numbered as they were logged.
    started: list[_Started] = []
    for upload in uploads:
        for one in started:
            if one.upload["name"] == upload["name"]:
                _wait_quietly(one.artifact)
        begun = _start(run, upload, earlier, notes)
        if begun is not None:
            started.append(begun)
    ended = [_end(session, one, notes) for one in started]
    return [one for one in ended if one is not None]


def find_all(session: Session, run: Any, uploads: list[dict[str, Any]]) -> _Found | None:
    """Describe what an earlier try logged, and its problems; None where anything is missing."""
    earlier = held.HeldArtifacts(session, run)
    logged, problems = [], []
    for upload in uploads:
        found = _find(session, earlier, upload)
        if found is None:
            return None
        logged.append(found)
        if found["name"] != upload["name"]:
            problems.append(_renamed(upload))
    return logged, problems


def _find(session: Session, earlier: held.HeldArtifacts, upload: dict[str, Any]) -> dict[str, Any] | None:
    for name in dict.fromkeys((upload["name"], upload["fallbackName"])):
        try:
            draft = _build(upload, name)
        except (ValueError, Failed):
            # Not to be logged: the try that says so comes next.
            return None
        there = earlier.find(draft, name, upload)
        if there is not None:
            return held.check(session, there, held.entries_of(draft), upload)
    return None


def _renamed(upload: dict[str, Any]) -> str:
    return (
        f"note: {upload['variable']}: W&B holds an artifact {upload['name']} of another type; "
        f"logged as {upload['fallbackName']}"
    )


def _start(
    run: Any,
    upload: dict[str, Any],
    earlier: held.HeldArtifacts | None,
    notes: _Notes,
) -> _Started | None:
    try:
        try:
            return _log(run, upload, upload["name"], earlier)
        except ValueError as error:
            if _TYPE_CONFLICT not in str(error) or upload["fallbackName"] == upload["name"]:
                raise
            notes.problems.append(_renamed(upload))
            return _log(run, upload, upload["fallbackName"], earlier)
    except Exception as error:  # noqa: BLE001 - sorted
        notes.add(error, upload)
        return None


def _log(
    run: Any,
    upload: dict[str, Any],
    name: str,
    earlier: held.HeldArtifacts | None,
) -> _Started:
    draft = _build(upload, name)
    entries = held.entries_of(draft)
    there = earlier.find(draft, name, upload) if earlier else None
    if there is None:
        tags = upload["own"]["tags"] if upload["own"] else None
        run.log_artifact(draft, aliases=upload["aliases"], tags=tags or None)
        failpoints.reached("client.artifactSent")
    return _Started(upload, there or draft, entries)


def _build(upload: dict[str, Any], name: str) -> wandb.Artifact:
    for file in upload["files"]:
        _check_file(file)
    kind = InternalArtifact if upload["own"] and _is_internal(upload["type"]) else wandb.Artifact
    artifact = kind(name, type=upload["type"], metadata=upload["metadata"])
    for file in upload["files"]:
        artifact.add_file(file["localPath"], name=file["path"], policy="immutable", skip_cache=True)
    if upload["own"]:
        _complete(artifact, upload["own"])
    return artifact


def _is_internal(kind: str) -> bool:
    """Say whether W&B's client makes artifacts of this type itself, such as for a logged table."""
    return kind in ("run_table", "code", "job") or kind.startswith("wandb-")


def _complete(artifact: wandb.Artifact, own: dict[str, Any]) -> None:
    """Give the artifact what the step's own had; references as they were made there, never looked up here."""
    artifact.description = own["description"] or None
    # Other values of the run refer to the artifact by this.
    artifact._client_id = own["clientId"] or artifact._client_id
    artifact._sequence_client_id = own["sequenceClientId"] or artifact._sequence_client_id
    for reference in own["references"]:
        artifact.manifest.add_entry(
            ArtifactManifestEntry(
                path=reference["path"],
                ref=reference["uri"],
                digest=reference["digest"],
                size=reference["sizeBytes"],
                extra=reference["extra"],
            )
        )


def _check_file(file: dict[str, Any]) -> None:
    try:
        size = os.path.getsize(file["localPath"])
    except OSError as error:
        raise Failed(f"its file {file['path']} can't be read: {error.strerror}") from None
    if size != file["sizeBytes"]:
        raise Failed(f"its file {file['path']} has {size} bytes, not {file['sizeBytes']}")


def _end(session: Session, started: _Started, notes: _Notes) -> dict[str, Any] | None:
    size = sum(file["sizeBytes"] for file in started.upload["files"])
    try:
        artifact = _wait(started.artifact, _WAIT_BASE_S + size // _BYTES_PER_S)
        return held.check(session, artifact, started.entries, started.upload)
    except Exception as error:  # noqa: BLE001 - sorted
        notes.add(error, started.upload)
        return None


def _wait_quietly(artifact: wandb.Artifact) -> None:
    # What went wrong comes up when its turn to end comes.
    with contextlib.suppress(Exception):
        artifact.wait(timeout=_WAIT_BASE_S)


def _wait(artifact: wandb.Artifact, timeout_s: int) -> wandb.Artifact:
    try:
        return artifact.wait(timeout=timeout_s)
    except ValueError as error:
        # The client raises this for whatever went wrong on the way, a lost
        # connection included.
        raise RuntimeError(str(error)) from None
