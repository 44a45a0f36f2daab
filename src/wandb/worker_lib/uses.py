"""Draws lineage edges from exact artifact versions to a run."""

from __future__ import annotations

from typing import Any

from .errors import is_transient, sort
from .session import Session


def draw(session: Session, run: Any, uses: list[dict[str, Any]], problems: list[str]) -> list[str]:
    """Mark the versions as used by `run`, a live run or one of the public API.

    Returns the qualified names of those that W&B took; the others become `problems`.

    Raises:
        Retryable: Something failed that another try may heal.
    """
    drawn: list[str] = []
    if not uses:
        return drawn
    api = session.api()
    for use in uses:
        name = use["qualifiedName"]
        try:
            run.use_artifact(api.artifact(name))
            drawn.append(name)
        except Exception as error:  # noqa: BLE001 - sorted
            if is_transient(error):
                raise sort(error) from error
            problems.append(f"use of {name}: {sort(error)}")
    return drawn
