"""Gives a run the state of one whose process ended without a word."""

from __future__ import annotations

from typing import Any

import requests

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
    """
    run = readback.find_run(session, path)
    if run is None or run.state == "crashed":
        return
    try:
        answer = session.query(_MUTATION, {"id": run.storage_id})
        refusal = answer.get("errors")
    except (requests.RequestException, ValueError) as error:
        refusal = type(error).__name__
    if refusal:
        problems.append(f"note: the run's state is failed, W&B would not take crashed: {str(refusal)[:200]}")
