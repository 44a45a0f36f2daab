"""Checks that W&B can give back the files of an artifact version."""

from __future__ import annotations

from itertools import islice
from typing import Any

import wandb

from .errors import Retryable
from .session import Session

# Of a directory of thousands, the first tell.
_FILES = 20
_NOT_FOUND = 404


def check(session: Session, artifact: wandb.Artifact, references: frozenset[str]) -> None:
    """Ask for a byte of each file; `references` are paths of files that lie elsewhere.

    W&B takes a version for complete by what its client says of it, also where
    the storage behind it has taken a file and dropped it.

    Raises:
        Retryable: A file is gone.
    """
    own = (file for file in artifact.files(per_page=_FILES) if file.name not in references)
    for file in islice(own, _FILES):
        if _is_gone(session, file):
            raise Retryable(
                f"W&B holds artifact {artifact.source_name} without the content of {file.name}; "
                "if that stays so, delete this version there and retry"
            )


def _is_gone(session: Session, file: Any) -> bool:
    # What is empty has no first byte; whatever else a storage may answer says nothing of the file.
    return bool(file.size) and session.status_of(file.direct_url) == _NOT_FOUND
