"""An artifact version of W&B's, read through the sidecar, as a `wandb.Artifact`."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import wandb
from wandb.errors import CommError
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry
from wandb.sdk.artifacts.artifact_state import ArtifactState
from wandb.sdk.lib.paths import LogicalPath

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._artifact_client import ArtifactClient, ArtifactError

_DOWNLOADS = 4
_BLOCK_BYTES = 1024 * 1024


def used_artifact(client: ArtifactClient, name: str, type_: str | None) -> UsedArtifact:
    """Return the version that a name means, which becomes an input of the task's run.

    Raises:
        CommError: W&B holds no such version, or can't be asked now.
        ValueError: it has another type.
    """
    try:
        found = client.use(name, type_ or "")
    except ArtifactError as error:
        raise CommError(str(error)) from None
    if type_ is not None and type_ != found.type:
        raise ValueError(
            f"Supplied type {type_} does not match type {found.type} of artifact {name}"
        )
    return UsedArtifact(client, found)


class UsedArtifact(wandb.Artifact):
    """Reads its files through the sidecar; what else W&B would have to be asked for raises."""

    def __init__(self, client: ArtifactClient, found: pb.UseArtifactResponse) -> None:
        super().__init__("placeholder", type="placeholder")
        entity, project, name = _parts(found.qualified_name)
        self._id = found.id
        self._entity = self._source_entity = entity
        self._project = self._source_project = project
        self._name = self._source_name = name
        self._version = self._source_version = name.rpartition(":")[2]
        self._type = found.type
        self._description = found.description or None
        self._metadata = json.loads(found.metadata_json or "{}")
        self._aliases = list(found.aliases)
        self._saved_aliases = list(found.aliases)
        self._tags = list(found.tags)
        self._saved_tags = list(found.tags)
        self._created_at = self._updated_at = found.created_at
        self._state = ArtifactState.COMMITTED
        self._digest_of_version = found.digest
        self._size = found.size_bytes
        self._file_count = len(found.entries)
        self._client = client
        for entry in found.entries:
            self.manifest.add_entry(_entry(self, entry))
        self.finalize()

    @property
    def digest(self) -> str:
        return self._digest_of_version

    def wait(self, timeout: int | None = None) -> UsedArtifact:
        return self

    def files(
        self, names: list[str] | None = None, per_page: int = 50, start: str | None = None
    ) -> Any:
        """Return the artifact's files."""
        return UsedFiles(self, names)

    def _download(
        self,
        root: str,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: Any = None,
        multipart: bool | None = None,
    ) -> Any:
        def download(entry: Any) -> None:
            try:
                self.get_entry(entry.path).download(root, skip_cache=skip_cache)
            except FileNotFoundError:
                if not allow_missing_references:
                    raise

        entries = [
            entry
            for entry in self.manifest.entries.values()
            if entry.path.startswith(str(path_prefix or ""))
        ]
        with ThreadPoolExecutor(_DOWNLOADS) as executor:
            list(executor.map(download, entries))
        return root

    def _get_service_api(self) -> Any:
        raise CommError(f"{self.name}: a step can read this artifact, and do nothing else with it")


class UsedFiles(Sequence[Any]):
    """What `Artifact.files` returns, with the methods that people use of it."""

    def __init__(self, artifact: UsedArtifact, names: list[str] | None) -> None:
        self._files = [
            UsedFile(artifact, entry)
            for path, entry in artifact.manifest.entries.items()
            if names is None or path in names
        ]

    def __getitem__(self, index: Any) -> Any:
        return self._files[index]

    def __len__(self) -> int:
        return len(self._files)


class UsedFile:
    """One file of an artifact version."""

    def __init__(self, artifact: UsedArtifact, entry: Any) -> None:
        self._artifact = artifact
        self.name = str(entry.path)
        self.size = entry.size or 0
        self.digest = entry.digest

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False) -> Any:
        """Write the file below `root`; return it opened for reading.

        Raises:
            ValueError: it is there, and neither `replace` nor `exist_ok` is set.
        """
        path = os.path.join(root, self.name)
        if os.path.exists(path) and not replace:
            if not exist_ok:
                raise ValueError(
                    "File already exists, pass replace=True to overwrite or exist_ok=True to leave "
                    "it as is and don't error."
                )
            return open(path)
        return open(self._artifact.get_entry(self.name).download(root))


class UsedEntry(ArtifactManifestEntry):
    """A file of an artifact version; a reference is loaded as the client does it."""

    def download(
        self, root: str | None = None, skip_cache: Any = None, executor: Any = None
    ) -> Any:
        """Write the file below `root`, unless it is there; return its path.

        Raises:
            CommError: it can't be read.
            OSError: it can't be written.
        """
        if self.ref is not None:
            return super().download(root, skip_cache, executor)
        artifact: Any = self.parent_artifact()
        directory = os.path.abspath(artifact._add_download_root(root))
        path = os.path.normpath(os.path.join(directory, self.path))
        if os.path.commonpath([directory, path]) != directory:
            raise ValueError(f"{self.path} is not below the directory to download to")
        if _md5(path) == self.digest:
            return path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pieces = artifact._client.read(artifact.qualified_name, str(self.path))
        try:
            _write(path, pieces)
        except ArtifactError as error:
            raise CommError(str(error)) from None
        return path


def _entry(artifact: UsedArtifact, found: pb.ArtifactEntry) -> UsedEntry:
    entry = UsedEntry(
        path=LogicalPath(found.path),
        digest=found.digest,
        ref=found.reference or None,
        size=found.size_bytes,
        extra=json.loads(found.extra_json or "{}"),
    )
    entry._parent_artifact = artifact
    return entry


def _write(path: str, pieces: Iterator[bytes]) -> None:
    """Write a file; there is none under its name before it is complete."""
    unfinished = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(unfinished, "wb") as file:
            file.writelines(pieces)
        os.replace(unfinished, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)


def _md5(path: str) -> str:
    """Return W&B's digest of a file, empty where there is none."""
    try:
        with open(path, "rb") as file:
            md5 = hashlib.md5(usedforsecurity=False)
            while data := file.read(_BLOCK_BYTES):
                md5.update(data)
    except OSError:
        return ""
    return base64.b64encode(md5.digest()).decode()


def _parts(qualified_name: str) -> tuple[str, str, str]:
    entity, project, name = qualified_name.split("/", 2)
    return entity, project, name
