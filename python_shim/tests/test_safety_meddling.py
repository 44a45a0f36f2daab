"""A step may hang, close descriptors or replace functions; it ends as without the decorator."""

from __future__ import annotations

import json

import pytest
from test_safety import without_prefix

from metaflow_wandb._gen import ingest_pb2 as pb

OFF = {"METAFLOW_WANDB_DISABLED": "1"}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return str(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def meddled(recorded, scratch):
    return recorded("meddling", SCRATCH=scratch)


def stored(run):
    """Return what Metaflow stored of each step: a content hash for each name."""
    data = run.root.glob(".metaflow/*/*/*/*/0.data.json")
    objects = {each.parent.parent.name: json.loads(each.read_text())["objects"] for each in data}
    return {
        step: {name: value for name, value in hashes.items() if name != "_graph_info"}
        for step, hashes in objects.items()
    }


def test_meddling_steps_end_the_same(meddled, recorded, scratch):
    """What they print, and what Metaflow stores of them."""
    plain = recorded("meddling", SCRATCH=scratch, **OFF)
    assert stored(meddled.run) == stored(plain.run)
    assert without_prefix(meddled.run.output) == without_prefix(plain.run.output)


def test_odd_classes_end_the_same(recorded):
    """A flow and values that exit, raise or answer in ways of their own when looked at."""
    odd, plain = recorded("odd_flow"), recorded("odd_flow", **OFF)
    assert stored(odd.run) == stored(plain.run)
    assert without_prefix(odd.run.output) == without_prefix(plain.run.output)
    start = odd.sidecar.one("start")
    values = {name: each.value_json for name, each in start.variables.items()}
    assert json.loads(values["fine"]) == "fine"
    assert json.loads(values["text"]) == "seven"
    assert json.loads(values["number"]) == 7
    assert json.loads(values["seen"]) == "made up"
    assert json.loads(values["counted"]) == {"a": 2, "b": 1, "c": 1}
    assert list(start.files["exiting"]) == ["exiting.pkl"]
    assert odd.sidecar.one("end").close.outcome == pb.Close.OUTCOME_OK


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
    """What the step opened in their place holds what the step wrote, and the step is logged."""
    assert "files of the step that closed descriptors: 0" in meddled.run.output
    after = meddled.sidecar.by_step("closes")[-1]
    assert len(after.files["closed"]["closed.pkl"]) > 100_000
    assert after.close.outcome == pb.Close.OUTCOME_OK
    assert meddled.run.warnings == []


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
