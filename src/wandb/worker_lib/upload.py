"""Uploads one attempt of a task as one W&B run."""

from __future__ import annotations

import contextlib
import shutil
from typing import Any

from . import artifacts, readback, uses
from .client_log import client_errors
from .errors import Retryable
from .run import open_run
from .session import Session
from .values import plain


def upload(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Upload an attempt, or what is missing of it, and read it back."""
    session.probe()
    wanted = readback.Wanted.of(request)
    try:
        found = readback.find_run(session, request["run"])
        if found is not None:
            landed = readback.landed(session, found, wanted)
            if landed is not None:
                return landed
        return _send(session, request, wanted, known=found is not None)
    except Exception:
        session.unprobe()
        raise


def _send(session: Session, request: dict[str, Any], wanted: readback.Wanted, known: bool) -> dict[str, Any]:
    problems: list[str] = []
    run = open_run(session, request, problems)
    directory = run.settings.sync_dir
    try:
        logged, drawn = _fill(session, run, request, wanted, problems, known)
        # Where the client gave up there is nothing to wait for.
        readback.verify(session, _path_of(run), wanted, patient=not client_errors(directory))
    except readback.Lacking as lack:
        raise Retryable(f"W&B does not hold what was sent: {lack}{client_errors(directory)}") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)
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
    run: Any,
    request: dict[str, Any],
    wanted: readback.Wanted,
    problems: list[str],
    known: bool,
) -> tuple[list[dict[str, Any]], list[str]]:
    try:
        row_landed = known and readback.has_row(session, _path_of(run))
        _log_values(run, request, wanted, row_landed, problems)
        logged = artifacts.log_all(session, run, request["artifacts"], problems, known)
        drawn = uses.draw(session, run, request["uses"], problems)
    except BaseException:
        # What was logged is kept, so that the next try has less to do.
        with contextlib.suppress(Exception):
            run.finish(exit_code=request["exitCode"])
        raise
    run.finish(exit_code=request["exitCode"])
    return logged, drawn


def _path_of(run: Any) -> dict[str, Any]:
    """Path of a live run, its entity spelt out."""
    return {"entity": run.entity, "project": run.project, "runId": run.id}


def _log_values(
    run: Any,
    request: dict[str, Any],
    wanted: readback.Wanted,
    row_landed: bool,
    problems: list[str],
) -> None:
    for key in sorted(readback.RESERVED & {*(request["row"] or {}), *request["summary"]}):
        problems.append(f"{key}: W&B keeps this name for itself")
    row = wanted.row
    if row and not row_landed:
        run.log({**row, "_timestamp": request["startedAtS"]})
    elif row:
        # The row landed before an interruption; what it did not bring into
        # the summary is put there.
        held = set(run.summary.keys())
        missing = {key: value for key, value in row.items() if key not in held}
        if missing:
            run.summary.update(missing)
    summary = {key: plain(value) for key, value in request["summary"].items() if key not in readback.RESERVED}
    if summary:
        run.summary.update(summary)
