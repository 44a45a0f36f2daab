"""Reads back from W&B what an upload left there."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from . import artifacts, step_log
from .errors import http_status, sort
from .session import Session
from .values import decode, plain

# Keys that the client fills itself.
RESERVED = frozenset({"_timestamp", "_step", "_runtime", "_wandb"})

# States of a run that has ended.
_ENDED = frozenset({"finished", "failed", "crashed", "killed"})

# Longer histories are told by their number of rows and their last step.
_COMPARED_ROWS = 10_000

# W&B takes a moment to show what it was sent last.
_SETTLE_S = 15.0
_PAUSE_S = 0.2


@dataclass(frozen=True)
class Wanted:
    """What W&B is to hold of an attempt."""

    config: dict[str, Any]
    row: dict[str, Any]
    summary: frozenset[str]
    exit_code: int
    crashed: bool
    artifacts: list[dict[str, Any]]
    uses: frozenset[str]
    log: dict[str, Any] | None
    rows: int
    last_step: int

    def without_files(self, paths: Collection[str]) -> Wanted:
        """Leave out some of the step's own files."""
        if not paths or not self.log:
            return self
        files = [file for file in self.log["files"] if file["path"] not in paths]
        return replace(self, log={**self.log, "files": files})

    @classmethod
    def of(cls, request: dict[str, Any]) -> Wanted:
        """Take it from a request."""
        row = {key: decode(value) for key, value in (request["row"] or {}).items() if key not in RESERVED}
        log = request["log"]
        shown = {**request["summary"], **row}
        return cls(
            config=_with_own({key: plain(value) for key, value in request["config"].items()}, log),
            row=row,
            summary=frozenset(
                key for key in shown if key not in RESERVED and _shows(shown[key]) and not _is_users(key, log)
            ),
            exit_code=request["exitCode"],
            crashed=request["crashed"],
            artifacts=request["artifacts"],
            uses=frozenset(use["qualifiedName"] for use in request["uses"]),
            log=log,
            rows=(log["rows"] if log else 0) + (1 if row else 0),
            last_step=request["rowStep"] if row else (log["lastStep"] if log else -1),
        )


def _with_own(config: dict[str, Any], log: dict[str, Any] | None) -> dict[str, Any]:
    return step_log.apply_changes(config, log["config"]) if log else config


def _is_users(key: str, log: dict[str, Any] | None) -> bool:
    """Say whether the step has a say in what the summary holds under a key."""
    if log is None:
        return False
    if any(change["path"][0] == key for change in log["summary"]):
        return True
    names = [metric["name"] for metric in log["metrics"]]
    return any(key == name or (name.endswith("*") and key.startswith(name[:-1])) for name in names)


def _shows(value: Any) -> bool:
    # The client keeps None out of the summary, and what holds nothing else.
    return any(map(_shows, value.values())) if isinstance(value, dict) else value is not None


def _has_leaf(value: Any) -> bool:
    # It keeps None in the config, but no dictionaries without a value at any depth.
    return not isinstance(value, dict) or any(map(_has_leaf, value.values()))


def find_run(session: Session, path: dict[str, Any]) -> Any | None:
    """Fetch a run; None where W&B has none of that id."""
    api = session.api()
    entity = path["entity"] or api.default_entity
    try:
        return api.run(f"{entity}/{path['project']}/{path['runId']}")
    except Exception as error:  # noqa: BLE001 - the client has several for this
        if http_status(error) == 404 or "could not find" in str(error).lower():
            return None
        raise sort(error) from error


def has_row(session: Session, path: dict[str, Any]) -> bool:
    """Say whether the history has a row by now.

    A row that an interrupted try had sent may land after this try began, and
    the live run's step is 0 both for no row and for one.
    """
    run = find_run(session, path)
    return run is not None and row_count(run) > 0


def row_count(run: Any) -> int:
    """Give the number of history rows that W&B has."""
    return getattr(run, "history_line_count", None) or 0


def absent_steps(run: Any, log: dict[str, Any] | None) -> set[int]:
    """Name the steps of a step's own rows that W&B lacks, though it may have said that it took them."""
    if log is None or not 0 < log["rows"] <= _COMPARED_ROWS:
        return set()
    held = {row["_step"] for row in run.scan_history(keys=["_step"])}
    return {step for step, _ in step_log.rows(log)} - held


def missing(run: Any, wanted: Wanted) -> str | None:
    """Name something that the run lacks; None where it has all but artifacts and edges."""
    if (run.state == "finished") != (wanted.exit_code == 0) or run.state not in _ENDED:
        return f"state is {run.state}"
    lacking = sorted(
        key for key, value in wanted.config.items() if key not in run.config and _has_leaf(value)
    )
    if lacking:
        return f"config lacks {', '.join(lacking[:5])}"
    held = run.summary.keys()
    if row_count(run) < wanted.rows and run.lastHistoryStep < wanted.last_step:
        return f"{row_count(run)} of {wanted.rows} history rows are there"
    lacking = sorted(wanted.summary - set(held))
    if lacking:
        return f"summary lacks {', '.join(lacking[:5])}"
    absent = absent_steps(run, wanted.log)
    if absent:
        return f"{len(absent)} of {wanted.rows} history rows are not there"
    return _missing_files(run, wanted.log["files"]) if wanted.log else None


def _missing_files(run: Any, files: list[dict[str, Any]]) -> str | None:
    if not files:
        return None
    sizes = {file.name: file.size for file in run.files(per_page=500)}
    lacking = sorted(file["path"] for file in files if sizes.get(file["path"]) != file["sizeBytes"])
    return f"files {', '.join(lacking[:5])} are not there" if lacking else None


def same(held: Any, wanted: Any) -> bool:
    """Compare a value read back with the one that was sent."""
    if isinstance(wanted, float) and not math.isfinite(wanted):
        # W&B shows these as texts or as nothing.
        return True
    if isinstance(wanted, (list, tuple)):
        return isinstance(held, list) and len(held) == len(wanted) and all(map(same, held, wanted))
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(key in held and same(held[key], wanted[key]) for key in wanted)
    return bool(held == wanted)


class Lacking(Exception):
    """W&B does not hold all of what was sent."""


def verify(session: Session, path: dict[str, Any], wanted: Wanted, patient: bool) -> None:
    """Wait until W&B shows the run as it was sent; for long only where `patient`.

    Raises:
        Lacking: It does not.
    """
    deadline = time.monotonic() + (_SETTLE_S if patient else 0)
    while True:
        run = find_run(session, path)
        lack = "the run is not there" if run is None else missing(run, wanted)
        if lack is None:
            return
        if time.monotonic() > deadline:
            raise Lacking(lack)
        time.sleep(_PAUSE_S)


def landed(session: Session, run: Any, wanted: Wanted) -> dict[str, Any] | None:
    """Give the result of an earlier upload where nothing of it is missing."""
    # Values are compared here only: what W&B makes of some is not known, and
    # must not keep an upload from being called done.
    same_config = all(
        same(run.config.get(key), value) for key, value in wanted.config.items() if _has_leaf(value)
    )
    if missing(run, wanted) is not None or not same_config:
        return None
    if wanted.crashed and run.state != "crashed":
        return None
    if wanted.uses and wanted.uses - {artifact.qualified_name for artifact in run.used_artifacts()}:
        return None
    found = artifacts.find_all(session, run, wanted.artifacts)
    if found is None:
        return None
    logged, problems = found
    return {
        "outcome": "done",
        "entity": run.entity,
        "project": run.project,
        "url": run.url,
        "artifacts": logged,
        "drawn": sorted(wanted.uses),
        "problems": problems,
    }
