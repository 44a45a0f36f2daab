"""Opens the run of a request and brings it up to date."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from . import readback
from .errors import Retryable
from .run import open_run
from .session import Session
from .values import plain


@dataclass
class OpenRun:
    """A live run of the client's."""

    run: Any
    # Its first step that W&B does not have and that was not sent.
    next_step: int
    # Whether the client knows rows that W&B has not.
    resumed: bool
    # What the step's log was numbered by; another stream's log begins anew.
    generation: float
    described: dict[str, Any]
    # The last entry of the step's log that was sent.
    sent_seq: int = 0
    # File of rows that was read last, and how many of its bytes.
    read_to: tuple[str, int] = ("", 0)
    # Seconds from the run's beginning to the last row that was sent, as JSON.
    last_runtime: str = "0"
    # Summary values, as JSON, that the rows made and that were sent.
    sent_summary: dict[str, str] = field(default_factory=dict)
    # Paths of the step's files that have no place among the run's, and why.
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> str:
        """Where the client keeps the run's files and its log."""
        return self.run.settings.sync_dir

    def path(self) -> dict[str, Any]:
        """Path of the run, its entity spelt out."""
        return {"entity": self.run.entity, "project": self.run.project, "runId": self.run.id}

    def close(self, exit_code: int) -> None:
        """End the run; it shows whatever it was sent.

        Raises:
            Exception: The client could not send everything in time.
        """
        self.run.finish(exit_code=exit_code)


def open_new(session: Session, request: dict[str, Any], problems: list[str], found: Any | None) -> OpenRun:
    """Open the run of a request; `found` is what W&B had of it before."""
    run = open_run(session, request, problems)
    opened = OpenRun(
        run=run,
        next_step=0,
        resumed=found is not None,
        generation=request["startedAtS"],
        described=_description(request),
    )
    try:
        opened.next_step = _first_step(session, opened, found)
    except BaseException:
        with contextlib.suppress(Exception):
            opened.close(1)
        raise
    return opened


def _first_step(session: Session, opened: OpenRun, found: Any | None) -> int:
    """Find the first step that W&B lacks."""
    if found is None:
        return 0
    # The client has asked for the last step and for the number of rows at one
    # time, and numbers the rows that it sends accordingly.
    if opened.run.starting_step > 0:
        return opened.run.starting_step
    # It says 0, too, where the only row is that of step 0.
    if readback.row_count(found) > 0:
        return 1
    if readback.has_row(session, opened.path()):
        raise Retryable("rows that an earlier try had sent have just landed")
    return 0


def refresh(session: Session, opened: OpenRun, request: dict[str, Any]) -> None:
    """Bring a held run to what the request says of it."""
    session.lend_api(opened.run)
    if opened.generation != request["startedAtS"]:
        opened.generation = request["startedAtS"]
        opened.sent_seq = 0
        opened.sent_summary = {}
    described = _description(request)
    if described == opened.described:
        return
    run, before = opened.run, opened.described
    changed = {key: value for key, value in described["config"].items() if before["config"].get(key) != value}
    if changed:
        run.config.update(changed, allow_val_change=True)
    if described["displayName"] != before["displayName"]:
        run.name = described["displayName"]
    if described["notes"] != before["notes"]:
        run.notes = described["notes"]
    if described["tags"] != before["tags"]:
        run.tags = tuple(described["tags"])
    opened.described = described


def _description(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": {key: plain(value) for key, value in request["config"].items()},
        "displayName": request["displayName"],
        "notes": request["notes"],
        "tags": request["tags"],
    }
