"""Logs an attempt's artifacts and reads each back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import wandb

from . import held
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


def log_all(
    session: Session, run: Any, uploads: list[dict[str, Any]], problems: list[str], known: bool
) -> list[dict[str, Any]]:
    """Log the artifacts that the run does not have yet, and read all back.

    What W&B refuses becomes a line of `problems`.

    Raises:
        Retryable: Something failed that another try may heal.
    """
    earlier = held.HeldArtifacts(session, run) if known else None
    # All are started before the first is waited for: they upload side by side.
    started = [_start(run, upload, earlier, problems) for upload in uploads]
    ended = [_end(session, one, problems) for one in started if one is not None]
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
    problems: list[str],
) -> _Started | None:
    try:
        try:
            return _log(run, upload, upload["name"], earlier)
        except ValueError as error:
            if _TYPE_CONFLICT not in str(error):
                raise
            problems.append(_renamed(upload))
            return _log(run, upload, upload["fallbackName"], earlier)
    except Exception as error:  # noqa: BLE001 - sorted
        _note(error, upload, problems)
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
        run.log_artifact(draft, aliases=upload["aliases"])
    return _Started(upload, there or draft, entries)


def _build(upload: dict[str, Any], name: str) -> wandb.Artifact:
    for file in upload["files"]:
        _check_file(file)
    artifact = wandb.Artifact(name, type=upload["type"], metadata=upload["metadata"])
    for file in upload["files"]:
        artifact.add_file(file["localPath"], name=file["path"], policy="immutable", skip_cache=True)
    return artifact


def _check_file(file: dict[str, Any]) -> None:
    try:
        size = os.path.getsize(file["localPath"])
    except OSError as error:
        raise Failed(f"its file {file['path']} can't be read: {error.strerror}") from None
    if size != file["sizeBytes"]:
        raise Failed(f"its file {file['path']} has {size} bytes, not {file['sizeBytes']}")


def _end(session: Session, started: _Started, problems: list[str]) -> dict[str, Any] | None:
    size = sum(file["sizeBytes"] for file in started.upload["files"])
    try:
        artifact = _wait(started.artifact, _WAIT_BASE_S + size // _BYTES_PER_S)
        return held.check(session, artifact, started.entries, started.upload)
    except Exception as error:  # noqa: BLE001 - sorted
        _note(error, started.upload, problems)
        return None


def _wait(artifact: wandb.Artifact, timeout_s: int) -> wandb.Artifact:
    try:
        return artifact.wait(timeout=timeout_s)
    except ValueError as error:
        # The client raises this for whatever went wrong on the way, a lost
        # connection included.
        raise RuntimeError(str(error)) from None


def _note(error: Exception, upload: dict[str, Any], problems: list[str]) -> None:
    if is_transient(error):
        raise sort(error) from error
    problems.append(f"{upload['variable']}: {sort(error)}")
