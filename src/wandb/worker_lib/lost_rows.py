"""Puts back history rows that W&B said it took, and does not have."""

from __future__ import annotations

import json
from typing import Any

from . import readback, step_log
from .session import Session

_ROWS_PER_REQUEST = 500


def restore(session: Session, found: Any, request: dict[str, Any]) -> None:
    """Send the step's rows that are missing below the last one that W&B has.

    The client numbers what it sends to a run that it takes up by the rows that
    are there, so that it can't bring a row from in between; W&B itself orders
    rows by their step.

    Raises:
        Retryable: W&B can't be reached or refuses.
    """
    log = request["log"]
    lost = {step for step in readback.absent_steps(found, log) if step < found.lastHistoryStep}
    if not lost:
        return
    lines = [
        step_log.row_line(step, json.loads(values), request["startedAtS"])
        for step, values in step_log.rows(log)
        if step in lost
    ]
    offset = readback.row_count(found)
    for start in range(0, len(lines), _ROWS_PER_REQUEST):
        some = lines[start : start + _ROWS_PER_REQUEST]
        session.append_history(f"{found.entity}/{found.project}/{found.id}", offset + start, some)
