"""Uploads one attempt of a task as one W&B run."""

from __future__ import annotations

import contextlib
import shutil
from typing import Any

from . import artifacts, crashed, failpoints, lost_rows, open_runs, readback, refusals, step_log, uses
from .client_log import client_errors
from .errors import Retryable
from .open_runs import OpenRun
from .session import Session
from .values import plain


def upload(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Upload an attempt, or what is missing of it, and read it back."""
    session.probe()
    wanted = readback.Wanted.of(request)
    run_id = request["run"]["runId"]
    with session.held_runs.turn(run_id):
        try:
            opened = session.held_runs.take(run_id)
            if opened is not None:
                open_runs.refresh(session, opened, request)
                return _send(session, request, wanted, opened, [])
            found = readback.find_run(session, request["run"])
            if found is not None:
                landed = readback.landed(session, found, wanted)
                if landed is not None:
                    return landed
                lost_rows.restore(session, found, request)
            problems: list[str] = []
            opened = open_runs.open_new(session, request, problems, found)
            failpoints.reached("client.runOpened")
            return _send(session, request, wanted, opened, problems)
        except Exception:
            session.unprobe()
            raise


def _send(
    session: Session,
    request: dict[str, Any],
    wanted: readback.Wanted,
    opened: OpenRun,
    problems: list[str],
) -> dict[str, Any]:
    run, directory = opened.run, opened.directory
    try:
        logged, drawn = _fill(session, opened, request, wanted, problems)
        problems.extend(f"file {path[:200]}: {reason}" for path, reason in opened.left_out.items())
        wanted = wanted.without_files(opened.left_out)
        # Where the client gave up there is nothing to wait for.
        patient = not client_errors(directory)
        readback.verify(session, opened.path(), wanted, patient=patient)
        if request["crashed"]:
            crashed.mark(session, opened.path(), problems)
            failpoints.reached("client.crashMarked")
    except readback.Lacking as lack:
        raise Retryable(f"W&B does not hold what was sent: {lack}{client_errors(directory)}") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    failpoints.reached("client.verified")
    return {
        "outcome": "done",
        "entity": run.entity,
        "project": run.project,
        "url": run.url or "",
        "artifacts": logged,
        "drawn": drawn,
        "problems": problems,
    }


def _fill(
    session: Session,
    opened: OpenRun,
    request: dict[str, Any],
    wanted: readback.Wanted,
    problems: list[str],
) -> tuple[list[dict[str, Any]], list[str]]:
    run = opened.run
    try:
        _log_values(opened, request, wanted, problems)
        failpoints.reached("client.valuesSent")
        refused: dict[str, str] = {}
        known = opened.resumed
        logged = artifacts.log_all(session, run, request["artifacts"], problems, known, refused)
        if logged:
            failpoints.reached("client.artifactsRead")
        drawn = uses.draw(session, run, request["uses"], problems)
        if drawn:
            failpoints.reached("client.usesDrawn")
        refusals.record(run, request["config"], refused)
    except BaseException:
        # What was logged is kept, so that the next try has less to do.
        with contextlib.suppress(Exception):
            opened.close(request["exitCode"])
        raise
    opened.close(request["exitCode"])
    failpoints.reached("client.runClosed")
    return logged, drawn


def _log_values(
    opened: OpenRun,
    request: dict[str, Any],
    wanted: readback.Wanted,
    problems: list[str],
) -> None:
    run, log, row = opened.run, request["log"], wanted.row
    for key in sorted(readback.RESERVED & {*(request["row"] or {}), *request["summary"]}):
        problems.append(f"{key}: W&B keeps this name for itself")
    if log is not None:
        step_log.send(opened, log)
    if row and opened.next_step <= request["rowStep"]:
        # Behind a curve of the step's own, time must not go back.
        at_s = request["endedAtS"] if request["rowStep"] > 0 else request["startedAtS"]
        run.log({**row, "_timestamp": at_s}, step=request["rowStep"], commit=True)
        opened.next_step = request["rowStep"] + 1
    elif row:
        held = set(run.summary.keys())
        missing = {key: value for key, value in row.items() if key not in held and key in wanted.summary}
        if missing:
            run.summary.update(missing)
    if log is not None and row:
        step_log.send_summary(opened, log, row)
    summary = {key: plain(value) for key, value in request["summary"].items() if key not in readback.RESERVED}
    if summary:
        run.summary.update(summary)
