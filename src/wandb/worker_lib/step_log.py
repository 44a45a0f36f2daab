"""Sends what a step logged itself to its run."""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wandb.proto import wandb_internal_pb2 as pb

if TYPE_CHECKING:
    from .open_runs import OpenRun

# pb's classes are made at run time.
# pyright: reportAttributeAccessIssue=false


# The protocol's JSON is strict; W&B's client writes these numbers into a history as they are.
_NON_FINITE = {'"NaN"': "NaN", '"Infinity"': "Infinity", '"-Infinity"': "-Infinity"}


_THE_CLIENTS = ("config.yaml", "wandb-summary.json", "wandb-metadata.json")
# A name too long, or one of a file that another's path goes through.
_NO_PLACE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def send(opened: OpenRun, log: dict[str, Any]) -> None:
    """Send what of the log this open run has not been sent yet, in the order that W&B needs.

    Rows go out as they are and the summary is set to what they make of it: the
    client's own would count time from when the run was opened here, and forget
    the rows before that where it takes up a run again.
    """
    interface = opened.run._interface
    for metric in _new(opened, log["metrics"]):
        interface._publish_metric(_metric_record(metric))
    changes = _new(opened, log["config"])
    if changes:
        interface._publish_config(_changed(pb.ConfigRecord(), changes))
    # Media files come before the rows that show them.
    files = _new(opened, log["files"])
    if files:
        _send_files(opened, files)
    for step, values in _new_rows(opened, log):
        interface._publish_history(_row_record(step, values, opened.generation))
        opened.next_step = step + 1
        opened.last_runtime = values["_runtime"]
    send_summary(opened, log, {})
    parts = ("metrics", "config", "files", "summary")
    opened.sent_seq = max([opened.sent_seq, *(one["seq"] for part in parts for one in log[part])])


def send_summary(opened: OpenRun, log: dict[str, Any], row: dict[str, Any]) -> None:
    """Set the summary to what rows and step made of it, as far as it was not sent.

    `row` came after those of the log: its values stay, but for aggregates.
    """
    record = pb.SummaryRecord()
    for key, text in log["rowSummary"].items():
        if row and (key not in row or not _is_aggregate(text)):
            continue
        if row or opened.sent_summary.get(key) != text:
            opened.sent_summary[key] = text
            record.update.add(key=key, value_json=_NON_FINITE.get(text, text))
    if record.update and not row:
        record.update.add(key="_runtime", value_json=opened.last_runtime)
    _changed(record, log["summary"] if row else _new(opened, log["summary"]))
    if record.update or record.remove:
        opened.run._interface._publish_summary(record)


def _new_rows(opened: OpenRun, log: dict[str, Any]) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the rows that were not sent, going on in the file where the last reading ended."""
    path, offset = opened.read_to
    if path != log["rowsPath"]:
        offset = 0
    with open(log["rowsPath"], "rb") as file:
        file.seek(offset)
        for line in file:
            step, _, values = line.partition(b"\t")
            if int(step) >= opened.next_step:
                yield int(step), json.loads(values)
            offset += len(line)
            opened.read_to = (log["rowsPath"], offset)


def rows(log: dict[str, Any]) -> Iterator[tuple[int, bytes]]:
    """Give the steps of all rows, and their values as JSON."""
    with open(log["rowsPath"], "rb") as file:
        for line in file:
            step, _, values = line.partition(b"\t")
            yield int(step), values


def row_line(step: int, values: dict[str, str], started_at_s: float) -> str:
    """Write a row as W&B's client would."""
    record = _row_record(step, values, started_at_s)
    return "{" + ",".join(f"{json.dumps(item.key)}:{item.value_json}" for item in record.item) + "}"


def apply_changes(values: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Give a copy of a dict with the changes made, as W&B makes them."""
    result = json.loads(json.dumps(values))
    for change in changes:
        *outer, last = change["path"]
        place = result
        for key in outer:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]
        if change["value"] is None:
            place.pop(last, None)
        else:
            place[last] = json.loads(change["value"])
    return result


def _new(opened: OpenRun, numbered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in numbered if one["seq"] > opened.sent_seq]


def _row_record(step: int, values: dict[str, str], started_at_s: float) -> Any:
    record = pb.HistoryRecord()
    record.step.num = step
    values.setdefault("_runtime", str(max(0.0, float(values["_timestamp"]) - started_at_s)))
    values["_step"] = str(step)
    for key, text in values.items():
        record.item.add(key=key, value_json=_NON_FINITE.get(text, text))
    return record


def _changed(record: Any, changes: list[dict[str, Any]]) -> Any:
    for change in changes:
        target = record.remove if change["value"] is None else record.update
        item = target.add()
        if len(change["path"]) == 1:
            item.key = change["path"][0]
        else:
            item.nested_key.extend(change["path"])
        if change["value"] is not None:
            item.value_json = change["value"]
    return record


def _metric_record(metric: dict[str, Any]) -> Any:
    record = pb.MetricRecord()
    record.options.defined = True
    if metric["name"].endswith("*"):
        record.glob_name = metric["name"]
    else:
        record.name = metric["name"]
    record.step_metric = metric["stepMetric"]
    record.options.step_sync = bool(metric["stepSync"])
    record.options.hidden = bool(metric["hidden"])
    for word in metric["summary"]:
        if hasattr(record.summary, word):
            setattr(record.summary, word, True)
    if metric["goal"]:
        record.goal = getattr(pb.MetricRecord, f"GOAL_{metric['goal'].upper()}")
    if metric["overwrite"]:
        record._control.overwrite = True
    return record


def _send_files(opened: OpenRun, files: list[dict[str, Any]]) -> None:
    placed = [file["path"] for file in files if _is_placed(opened, file)]
    names = [(glob.escape(path), "now") for path in placed]
    opened.run._interface.publish_files({"files": names})


def _is_placed(opened: OpenRun, file: dict[str, Any]) -> bool:
    """Put a file among the run's; one that has no place there is left out, which `left_out` tells."""
    name = file["path"]
    if name in _THE_CLIENTS:
        opened.left_out[name] = "W&B's client writes it itself"
        return False
    path = os.path.join(opened.run.dir, *name.split("/"))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(file["localPath"], path)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        opened.left_out[name] = error.strerror or str(error)
        return False
    return True


def _is_aggregate(text: str) -> bool:
    return text.startswith("{") and "_type" not in json.loads(text)
