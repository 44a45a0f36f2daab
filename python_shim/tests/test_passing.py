"""Every way in which values go from step to step is told as what it is."""

from __future__ import annotations

import itertools

import pytest

from metaflow_wandb._gen import ingest_pb2 as pb


@pytest.fixture
def flow(recorded):
    return recorded("passing").sidecar


def reads(recording):
    """The variables that were read, with the steps that they were read from."""
    return sorted((read.name, read.source.step_name) for read in recording.snapshot.reads)


def passed_on(recording):
    """The variables that came from an input, with its step."""
    return {
        each.name: each.inherited_from.step_name
        for each in recording.close.content_hashes
        if each.HasField("inherited_from")
    }


def test_merge_artifacts_passes_on_and_reads_nothing(flow):
    """Not even a second time, when Metaflow looks what is there already."""
    join = flow.one("join")
    assert reads(join) == [("frame", "right"), ("side", "left")]
    branches = {"left", "right"}
    merged = {name: step for name, step in passed_on(join).items() if step in branches}
    assert {"kept", "dropped", "threaded", "outer"} <= set(merged)
    assert "both" not in {each.name for each in join.close.content_hashes}


def test_an_assigned_input_value_is_passed_on_unless_it_was_changed(flow):
    """`self.x = inputs.right.x` is how a join picks a branch."""
    join = flow.one("join")
    assert passed_on(join)["frame"] == "right"
    assert join.variables["frame"].origin == pb.Variable.ORIGIN_ASSIGNED
    assert "side" not in passed_on(join)


def test_self_input_reads_the_list_of_the_foreach(flow):
    """Also in a nested foreach, each from the step that split."""
    assert {tuple(reads(each)) for each in flow.by_step("outer_step")} == {(("outer", "split"),)}
    inner = flow.by_step("inner_step")
    assert len(inner) == 4
    wanted = [("inner", "outer_step"), ("kept", "outer_step"), ("letter", "outer_step")]
    assert all(reads(each) == wanted for each in inner)


def test_joins_of_a_nested_foreach_read_their_own_siblings(flow):
    """Each read names the task, not only the step."""
    sources = [
        {read.source.task_id for read in each.snapshot.reads} for each in flow.by_step("inner_join")
    ]
    assert [len(each) for each in sources] == [2, 2]
    assert not sources[0] & sources[1]
    assert reads(flow.one("outer_join")) == [("values", "inner_join")] * 2


def test_each_round_of_a_loop_reads_the_round_before(flow):
    """A recursive step is its own input."""
    rounds = sorted(flow.by_step("loop"), key=lambda each: int(each.open.task.task_id))
    assert [reads(each) for each in rounds] == [
        [("frame", "outer_join"), ("rounds", "outer_join")],
        [("frame", "loop"), ("rounds", "loop")],
        [("frame", "loop"), ("rounds", "loop")],
    ]
    for before, after in itertools.pairwise(rounds):
        assert {read.source.task_id for read in after.snapshot.reads} == {before.open.task.task_id}


def test_reads_in_threads_and_helper_methods_count(flow):
    """However a value is asked for, it is read."""
    end = flow.one("end")
    assert reads(end) == [("frame", "loop"), ("kept", "loop"), ("threaded", "loop")]


def test_a_deleted_variable_is_what_came_from_the_input(flow):
    """As it is for Metaflow: what was assigned in between is gone."""
    end = flow.one("end")
    assert "dropped" not in end.variables
    assert passed_on(end)["dropped"] == "loop"
