"""Uploads one attempt of a task as one W&B run."""

from __future__ import annotations

import shutil
from typing import Any

from . import artifacts, readback, uses
from .errors import Retryable
from .run import open_run
from .session import Session
from .values import plain

# Keys that the client fills itself.
_RESERVED = frozenset({"_timestamp", "_step", "_runtime", "_wandb"})


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


def _send(
    session: Session, request: dict[str, Any], wanted: readback.Wanted, known: bool
) -> dict[str, Any]:
    problems: list[str] = []
    run = open_run(session, request, problems)
    directory = run.settings.sync_dir
    exit_code = request["exitCode"]
    finished = False
    try:
        _log_values(run, request, wanted, problems)
        logged = artifacts.log_all(session, run, request["artifacts"], problems, known)
        uses.draw(session, run, request["uses"], problems)
        run.finish(exit_code=exit_code)
        finished = True
    finally:
        if not finished:
            _abandon(run)
        shutil.rmtree(directory, ignore_errors=True)
    path = {"entity": run.entity, "project": run.project, "runId": run.id}
    readback.verify(session, path, wanted)
    return {
        "outcome": "done",
        "entity": run.entity,
        "project": run.project,
        "url": run.url or "",
        "artifacts": logged,
        "problems": problems,
    }


def _log_values(
    run: Any, request: dict[str, Any], wanted: readback.Wanted, problems: list[str]
) -> None:
    for key in sorted(_RESERVED & {*(request["row"] or {}), *request["summary"]}):
        problems.append(f"{key}: W&B keeps this name for itself")
    row = {key: value for key, value in wanted.row.items() if key not in _RESERVED}
    if row and run.step == 0:
        run.log({**row, "_timestamp": request["startedAtS"]})
    elif row:
        # The row landed before an interruption; what it did not bring into
        # the summary is put there.
        missing = {key: value for key, value in row.items() if key not in run.summary.keys()}
        if missing:
            run.summary.update(missing)
    summary = {key: plain(value) for key, value in request["summary"].items() if key not in _RESERVED}
    if summary:
        run.summary.update(summary)


def _abandon(run: Any) -> None:
    """End a run whose upload failed, so that the next try can take it up."""
    try:
        run.finish(exit_code=1)
    except Exception as error:  # noqa: BLE001 - the first error is the one to tell
        raise Retryable(f"the client could not end the run: {error}") from error
