"""Draws edges for a run that was uploaded earlier."""

from __future__ import annotations

from typing import Any

from . import failpoints, readback, uses
from .errors import Failed
from .session import Session


def link(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Draw the edges.

    Raises:
        Failed: The run is not in W&B any more.
    """
    session.probe()
    run = readback.find_run(session, request["run"])
    if run is None:
        raise Failed("deleted: the run is not in W&B any more")
    problems: list[str] = []
    drawn = uses.draw(session, run, request["uses"], problems)
    failpoints.reached("client.linksDrawn")
    return {"outcome": "done", "drawn": drawn, "problems": problems}
