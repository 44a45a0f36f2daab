"""Whatever becomes of what a step logs, the step does not notice."""

from __future__ import annotations

import json

import pytest
from support.spool_files import spooled

ROWS_OF_THREADS = 4 * 50


def test_step_that_does_not_import_the_client_logs_without_it(run_flow, sidecar, tmp_path):
    """And what it logs arrives while the step runs: it waits for that."""
    arrived = tmp_path / "arrived"
    sidecar.when_logged = lambda _: arrived.touch()
    run_flow("in_step_lazy", sidecar=sidecar.address, LIGHT_ONLY="1", ARRIVED=str(arrived))
    start = sidecar.one("start")
    assert start.variables["imported"].value_json == "false"
    assert start.log.rows == [{"light": 1, "odd": "Infinity"}]
    assert start.log.values("config") == {"width": 8}
    read = json.loads(start.variables["read"].value_json)
    assert read == [8, {"light": 1, "odd": "Infinity"}, "start"]
    (metric,) = start.log.all("metric")
    assert (list(metric.summary), metric.goal) == (["max"], "maximize")
    summary = start.log.all("summary")
    assert [list(path.path) for change in summary for path in change.removed] == [["top"]]


def test_stream_that_breaks_in_mid_step_loses_nothing(run_flow, sidecar):
    """A new one carries everything once more, in order."""
    sidecar.aborts_after = "metrics"
    run = run_flow("in_step_lazy", sidecar=sidecar.address)
    assert run.warnings == []
    first, second = sidecar.by_step("start")
    assert first.close is None
    assert second.close is not None
    rows = second.log.rows
    assert rows[0]["light"] == 1
    assert [row["index"] for row in rows[1:4]] == [0, 1, 2]
    assert len(rows) == 1 + 3 + ROWS_OF_THREADS + 1
    assert second.log.values("config") == {"width": 8, "depth": 2}
    told = run.output.partition("TOLD")[2]
    assert "wandb.log must be passed a dictionary" in told
    assert "Key values passed to `wandb.log` must be strings." in told
    assert "nonsense" in told
    assert "define_metric() requires non-empty name" in told
    assert "run.log takes a dict" in told
    assert "not object" in told
    assert "CommError: absent:latest: W&B holds no artifact absent:latest" in told
    # No service of the client's was started, and nothing of a child was heard.
    assert "SERVICE None" in run.output
    assert not any("fork" in row for row in rows)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, 1),
        ({"METAFLOW_WANDB_DISABLED": "1"}, 0),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": "x" * 40}, 0),
    ],
)
def test_step_logs_into_nothing_where_nothing_is_logged(run_flow, settings, lines):
    """No sidecar, or turned off: every call works, and what it is given is dropped."""
    run = run_flow("in_step_lazy", **settings)
    assert len(run.warnings) == lines
    assert "SERVICE None" in run.output
    assert "TOLD 0 None 1" in run.output


def test_hanging_sidecar_holds_a_step_once(keep_flow, sidecar, spool):
    """What it logs beyond what fits on the way goes to a file after the stated time."""
    sidecar.hangs_after = "open"
    run = keep_flow(
        "in_step_lazy", sidecar=sidecar.address, ROWS="3000", METAFLOW_WANDB_TIMEOUT="1"
    )
    (warning,) = run.warnings
    assert "did not answer within 1 s" in warning
    start = spooled(spool)["start"]
    assert len(start.log.rows) == 1 + 3 + 3000 + ROWS_OF_THREADS + 1
    assert start.close is not None


def test_what_the_client_made_may_be_kept_and_used_on(run_flow, sidecar):
    """Artifacts and tables are stored; a finished run is none; late threads are not heard."""
    run = run_flow("odd_uses", sidecar=sidecar.address)
    assert run.warnings == []
    assert "FINISHED 0" in run.output
    assert "KEPT kept False" in run.output
    assert "Traceback" not in run.output
    assert sidecar.one("end").close is not None


def test_error_of_the_step_looks_as_without_the_decorator(run_flow, sidecar):
    """No frame of ours is in the traceback of a variable that isn't there."""
    run = run_flow("odd_uses", sidecar=sidecar.address, check=False, MISSING="1")
    assert run.returncode == 1
    assert "has no attribute 'missing'" in run.output
    assert "metaflow_wandb/_tracking" not in run.output
