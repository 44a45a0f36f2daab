"""What can't travel is left out by itself, and on record."""

from __future__ import annotations

import json

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._wire_text import name_problem, shown_name


def odd_names(recorded):
    return recorded("odd_names", check=False)


def test_names_that_cannot_travel_cost_only_their_variable(recorded):
    """A lone surrogate, and no name at all: the reason is on record, all else is logged."""
    start = odd_names(recorded).sidecar.one("start")

    problems = {name: each.problem for name, each in start.variables.items() if each.problem}
    assert problems == {
        "x\\udc80 (2)": "its name is no valid Unicode",
        "''": "its name is empty",
    }
    assert json.loads(start.variables["fine"].value_json) == "fine"
    assert json.loads(start.variables["x\\udc80"].value_json) == "a name like the escaped one"
    assert {each.name for each in start.close.content_hashes} == {
        "x\\udc80",
        "fine",
        "items",
        "tree",
    }
    assert start.close.outcome == pb.Close.OUTCOME_OK


def test_a_name_with_a_nul_does_not_travel():
    """Databases end a text there; what is shown of it has none."""
    assert name_problem("a\0b") == "its name holds a NUL character"
    assert shown_name("a\0b") == "a\\0b"


def test_tasks_that_inherit_such_a_name_are_logged(recorded):
    """As is a foreach over texts that can't travel."""
    sidecar = odd_names(recorded).sidecar
    bodies = sidecar.by_step("body")
    assert sorted(each.open.foreach_stack[0].value for each in bodies) == ["a\\udc80", "b"]
    for body in bodies:
        assert {read.name for read in body.snapshot.reads} == {"fine"}
        assert body.close.outcome == pb.Close.OUTCOME_OK
    assert sidecar.one("join").close.outcome == pb.Close.OUTCOME_OK


def test_only_so_many_variables_are_logged(recorded):
    """The first 10,000, and one line says so."""
    held = odd_names(recorded)
    assert len(held.sidecar.one("many").variables) == 10_000
    (warning,) = [line for line in held.run.warnings if "only the first" in line]
    assert "has 10050 variables; only the first 10000 are logged" in warning


def test_what_a_directory_cannot_give_is_said(recorded):
    """In one line; the rest of it is logged."""
    held = odd_names(recorded)
    assert set(held.sidecar.one("start").files["tree"]) == {"file"}
    (warning,) = [line for line in held.run.warnings if "left out" in line]
    assert len(held.run.warnings) == 2
    assert warning.endswith("tree: left out of the directory: pipe (a named pipe)")


def test_clock_before_1970_is_sent_as_zero(recorded):
    """The sidecar takes no negative time."""
    step = odd_names(recorded).sidecar.one("unreadable")
    assert step.close.ended_at_us == 0
    assert step.close.outcome == pb.Close.OUTCOME_OK


def test_exception_that_exits_when_read_is_reported(recorded):
    """By its type and traceback."""
    exception = odd_names(recorded).sidecar.one("end").close.exception
    assert exception.type_name.endswith(".UnreadableError")
    assert "raise UnreadableError" in exception.traceback
    assert exception.message == ""
