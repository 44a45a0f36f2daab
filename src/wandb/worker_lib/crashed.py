"""Gives a run the state of one whose process ended without a word."""

from __future__ import annotations

from typing import Any

from . import readback
from .session import Session

_MUTATION = """
mutation MarkCrashed($id: String!) {
    upsertBucket(input: {id: $id, state: "crashed"}) { bucket { id state } }
}
"""


def mark(session: Session, path: dict[str, Any], problems: list[str]) -> None:
    """Make the run, which has ended as failed, one that has crashed; a server that refuses gives a note.

    The client itself knows exit codes only.

    Raises:
        Retryable: Another try may heal it.
    """
    run = readback.find_run(session, path)
    if run is None or run.state == "crashed":
        return
    refusal = session.query(_MUTATION, {"id": run.storage_id})
    if refusal:
        problems.append(f"note: the run's state is failed, W&B would not take crashed: {refusal}")
