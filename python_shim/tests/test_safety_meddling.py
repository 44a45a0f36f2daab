"""A step may hang, close descriptors or replace functions; it ends as without the decorator."""

from __future__ import annotations

import json

import pytest

from metaflow_wandb._gen import ingest_pb2 as pb


@pytest.fixture(scope="module")
def meddled(recorded, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("files")
    return recorded("meddling", SCRATCH=str(scratch))


def test_values_that_hang_are_left_out(recorded):
    """Whatever hangs when it is measured, described or encoded; the others arrive."""
    seen = recorded("hanging", METAFLOW_WANDB_TIMEOUT="1.5")
    start = seen.sidecar.one("start")

    problems = {name: each.problem for name, each in start.variables.items() if each.problem}
    assert "did not come to an end within" in problems["on_size"]
    assert "did not come to an end within" in start.skipped["on_pickle"]
    assert "did not come to an end within" in start.skipped["frame"]
    assert json.loads(start.variables["before"].value_json) == "before"
    assert start.close.outcome == pb.Close.OUTCOME_OK
    assert seen.run.warnings == []


def test_closed_descriptors_are_not_written_to(meddled):
    """What the step opened in their place holds what the step wrote, and the step says why."""
    assert "files of the step that closed descriptors: 0" in meddled.run.output
    (warning,) = meddled.run.warnings
    assert "the step closed the connection" in warning


@pytest.mark.parametrize(
    ("step", "variable"),
    [
        ("stops_clocks", "stopped"),
        ("replaces", "replaced"),
        ("redirects", "odd"),
        ("traces", "loop"),
        ("limits", "limited"),
        ("fills", "v0"),
    ],
)
def test_meddling_step_is_logged(meddled, step, variable):
    """All that was assigned arrives, though the process is not what it was."""
    recording = meddled.sidecar.one(step)
    assert recording.variables[variable].value_json
    assert recording.close is not None
    assert recording.close.outcome == pb.Close.OUTCOME_OK
