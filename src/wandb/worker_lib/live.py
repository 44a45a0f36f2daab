"""Shows a run whose step goes on."""

from __future__ import annotations

from typing import Any

from . import failpoints, open_runs, readback, step_log
from .session import Session


def live(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Open the run, or take the open one, and send what is new of the step's log."""
    session.probe()
    run_id = request["run"]["runId"]
    with session.held_runs.turn(run_id):
        opened = session.held_runs.take(run_id)
        if opened is None:
            found = readback.find_run(session, request["run"])
            opened = open_runs.open_new(session, request, [], found)
        session.held_runs.hold(run_id, opened)
        open_runs.refresh(session, opened, request)
        if request["log"] is not None:
            step_log.send(opened, request["log"])
            failpoints.reached("client.liveSent")
        run = opened.run
        return {"outcome": "done", "entity": run.entity, "project": run.project, "url": run.url or ""}
