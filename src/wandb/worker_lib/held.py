"""Finds and checks artifact versions that W&B holds."""

from __future__ import annotations

from typing import Any

import wandb

from . import held_files
from .errors import Retryable, is_transient, sort
from .session import Session

# Other tasks may take it over at any time.
_MOVING_ALIAS = "latest"

Entries = dict[str, tuple[str, int | None]]


def entries_of(artifact: wandb.Artifact) -> Entries:
    """Digest and size of each file of an artifact, by path."""
    return {path: (entry.digest, entry.size) for path, entry in artifact.manifest.entries.items()}


class HeldArtifacts:
    """The versions that a run's earlier tries may have logged."""

    def __init__(self, session: Session, run: Any) -> None:
        self._api = session.api()
        self._prefix = f"{run.entity}/{run.project}"
        self._path = f"{self._prefix}/{run.id}"
        self._logged: list[wandb.Artifact] | None = None

    def find(self, draft: wandb.Artifact, name: str, upload: dict[str, Any]) -> wandb.Artifact | None:
        """Find the version of collection `name` with the content of `draft`."""
        for artifact in self._of_run():
            if _collection(artifact) == name and artifact.digest == draft.digest:
                return artifact
        # A version that W&B already held when the run logged it belongs to
        # the run that logged it first; the task's alias still leads there.
        for alias in upload["aliases"]:
            if alias == _MOVING_ALIAS:
                continue
            artifact = self._by_alias(name, alias)
            if artifact is not None and artifact.digest == draft.digest:
                return artifact
        return None

    def _of_run(self) -> list[wandb.Artifact]:
        if self._logged is None:
            self._logged = list(self._api.run(self._path).logged_artifacts())
        return self._logged

    def _by_alias(self, name: str, alias: str) -> wandb.Artifact | None:
        try:
            return self._api.artifact(f"{self._prefix}/{name}:{alias}")
        except Exception as error:  # noqa: BLE001 - sorted
            if is_transient(error):
                raise sort(error) from error
            return None


def check(
    session: Session, artifact: wandb.Artifact, entries: Entries, upload: dict[str, Any]
) -> dict[str, Any]:
    """Compare a logged version, fetched anew, with what was to be logged.

    Raises:
        Retryable: W&B does not hold it as it was sent.
    """
    if artifact.is_draft():
        raise Retryable(f"W&B said that artifact {upload['name']} is complete, and does not hold it")
    name = f"{artifact.source_entity}/{artifact.source_project}/{artifact.source_name}"
    held = session.api().artifact(name)
    if held.state != "COMMITTED":
        raise Retryable(f"artifact {name} is {held.state} in W&B")
    if entries_of(held) != entries:
        raise Retryable(f"artifact {name} does not hold the files that were sent")
    held_files.check(session, held, _references(held))
    moving = {_MOVING_ALIAS, *(upload["own"]["aliases"] if upload["own"] else ())}
    lacking = set(upload["aliases"]) - set(held.aliases) - moving
    if lacking:
        held.aliases.extend(sorted(lacking))
        held.save()
    return {
        "variable": upload["variable"],
        "name": _collection(held),
        "type": held.type,
        "version": held.version,
        "qualifiedName": name,
        "digest": held.digest,
        # Equal content is one version, which keeps the metadata of who logged it first.
        "madeHere": all(
            (held.metadata or {}).get(field) == upload["metadata"].get(field)
            for field in ("pathspec", "attempt")
        ),
    }


def _references(artifact: wandb.Artifact) -> frozenset[str]:
    return frozenset(path for path, entry in artifact.manifest.entries.items() if entry.ref)


def _collection(artifact: wandb.Artifact) -> str:
    return artifact.source_name.split(":")[0]
