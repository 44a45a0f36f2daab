"""Real Metaflow flows, recorded by a sidecar that checks the protocol."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from metaflow_wandb._gen import ingest_pb2 as pb


def test_each_step_sends_what_it_assigned(recorded):
    """Instance variables travel; locals, parameters and passed-on values do not."""
    sidecar = recorded("linear").sidecar

    start, middle, end = (sidecar.one(step) for step in ("start", "middle", "end"))
    assert set(start.variables) == {"raw_df", "note", "numbers", "config", "path"}
    assert json.loads(start.variables["note"].value_json) == "hello"
    assert set(middle.variables) == {"rows", "config", "_private"}
    assert middle.variables["config"].origin == pb.Variable.ORIGIN_MUTATED
    assert set(end.variables) == {"answer", "text"}
    for recording in (start, middle, end):
        assert recording.close.outcome == pb.Close.OUTCOME_OK


def test_payloads_load_back_equal(recorded):
    """What the plan asks for arrives in the planned encoding, under the planned name."""
    sidecar = recorded("linear").sidecar

    start = sidecar.one("start")
    frame = pd.read_parquet(io.BytesIO(start.files["raw_df"]["raw_df.parquet"]))
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    assert start.files["path"] == {"data.csv": b"a,b\n1,2\n"}
    assert sidecar.one("middle").files == {}
    assert pd.read_pickle(io.BytesIO(sidecar.one("end").files["text"]["text.pkl"])) == b"hello"


def test_reads_name_the_task_and_the_version_read(recorded):
    """A read carries its source attempt and the hash under which that stored the value."""
    sidecar = recorded("linear").sidecar

    (read,) = [read for read in sidecar.one("middle").snapshot.reads if read.name == "raw_df"]
    assert read.source == sidecar.one("start").open.task
    stored = {each.name: each for each in sidecar.one("start").close.content_hashes}
    assert read.content_hash == stored["raw_df"].content_hash


def test_values_passed_on_say_where_they_came_from(recorded):
    """Content hashes of unassigned variables name the input; changed ones do not."""
    sidecar = recorded("linear").sidecar

    middle = {each.name: each for each in sidecar.one("middle").close.content_hashes}
    assert middle["note"].inherited_from == sidecar.one("start").open.task
    assert middle["raw_df"].inherited_from == sidecar.one("start").open.task
    assert not middle["rows"].HasField("inherited_from")
    assert not middle["config"].HasField("inherited_from")
    assert set(middle) == {"raw_df", "note", "numbers", "config", "path", "rows", "_private"}


def test_join_tells_reads_from_merged_values(recorded):
    """`merge_artifacts` passes values on; reading one then names the branch it came from."""
    sidecar = recorded("branches").sidecar

    join = sidecar.one("join")
    assert set(join.variables) == {"total", "widths", "info"}
    reads = sorted((read.name, read.source.step_name) for read in join.snapshot.reads)
    hashes = {each.name: each for each in join.close.content_hashes}
    # Metaflow takes what both branches hold from whichever comes first.
    merged_from = hashes["untouched"].inherited_from.step_name
    assert merged_from in ("left", "right")
    assert reads == [("frame", "left"), ("frame", "right"), ("l", "left"), ("r", "right")]
    assert hashes["raw"].inherited_from.step_name == "right"


def test_step_options_stand_beside_those_of_the_flow(recorded):
    """Each layer is sent as written; helpers, properties and class attributes are left alone."""
    sidecar = recorded("branches").sidecar

    right = sidecar.one("right")
    (step_options,) = right.open.step_options
    (flow_options,) = right.open.flow_options
    assert (step_options.datasets, step_options.others) == (False, True)
    assert (flow_options.datasets, flow_options.others) == (True, False)
    assert not sidecar.one("left").open.step_options
    assert set(sidecar.one("left").variables) == {"l"}
    assert set(right.files) == {"raw"}


def test_with_decorates_every_step(recorded):
    """`--with wandb_log:others=True` reaches each task, its words taken as booleans."""
    arguments = ("run", "--with", "wandb_log:others=True,datasets=False")
    sidecar = recorded("foreach", *arguments).sidecar

    bodies = sidecar.by_step("body")
    assert len(bodies) == 3
    (options,) = bodies[0].open.with_options
    assert (options.others, options.datasets, options.enabled) == (True, False, True)
    frames = sorted((r.open.foreach_stack[0].index, r.open.foreach_stack[0].value) for r in bodies)
    assert frames == [(0, "a"), (1, "b"), (2, "c")]
    assert {json.loads(r.variables["letter"].value_json) for r in bodies} == {"A", "B", "C"}
    join_reads = sorted((r.name, r.source.task_id) for r in sidecar.one("join").snapshot.reads)
    assert [name for name, _ in join_reads] == ["letter"] * 3
    assert len(set(join_reads)) == 3


def test_decospecs_variable_decorates_every_step(recorded):
    """METAFLOW_DECOSPECS works as `--with` does."""
    sidecar = recorded("foreach", METAFLOW_DECOSPECS="wandb_log:models=True").sidecar
    (options,) = sidecar.one("end").open.with_options
    assert options.models


def test_wrong_word_in_with_names_the_option(run_flow):
    """A value that is no boolean is refused before anything runs."""
    run = run_flow("foreach", "run", "--with", "wandb_log:datasets=perhaps", check=False)
    assert run.returncode != 0
    assert "option 'datasets' must be True or False, got 'perhaps'" in run.output
    assert "Traceback" not in run.output


def test_every_placement_is_heard(recorded):
    """Below @step, on a base class, on a subclass, on inherited and overridden steps."""
    sidecar = recorded("placement").sidecar

    def layers(step):
        opened = sidecar.one(step).open
        return [
            [(o.datasets, o.models, o.others, o.enabled) for o in layer]
            for layer in (opened.step_options, opened.flow_options)
        ]

    flow = [(True, False, False, True), (False, True, False, True)]
    assert layers("start") == [[], flow]
    assert layers("below") == [[(False, False, True, True)], flow]
    assert layers("overridden") == [[], flow]
    assert layers("opted_out") == [[(False, False, False, False)], flow]
    assert sidecar.one("below").files["b"].keys() == {"b.pkl"}
    assert json.loads(sidecar.one("start").open.flow_options[1].settings_json) == {
        "run_group": "base"
    }


def test_decorators_of_the_user_do_not_hide_ours(recorded):
    """Above and below step decorators and mutators, and added by a flow mutator by name."""
    sidecar = recorded("stacked").sidecar
    steps = ("start", "b", "c", "d", "e", "end")
    assert [sidecar.one(step).open.step_options[0].others for step in steps] == [True] * 6
    assert all(len(sidecar.one(step).files) == 1 for step in steps)


def test_mere_reads_are_told_from_changes_in_place(recorded):
    """Using a value changes its pickle at times; only a change of the value counts."""
    sidecar = recorded("reads").sidecar

    arrays = {"frame", "numbers", "words", "array", "forest", "pipeline"}
    names = arrays | {"module", "tensor", "weights", "holder"}
    assert set(sidecar.one("only_reads").variables) == {"used"}
    assert {read.name for read in sidecar.one("only_reads").snapshot.reads} == names
    changed = sidecar.one("changes").variables
    assert set(changed) == names
    assert {variable.origin for variable in changed.values()} == {pb.Variable.ORIGIN_MUTATED}


@pytest.mark.parametrize("how", ["raise", "exit", "interrupt"])
def test_failed_step_sends_what_it_had(recorded, how):
    """Values assigned before the end arrive, with the exception that ended the step."""
    held = recorded("failing", check=False, HOW=how)
    run, sidecar = held.run, held.sidecar

    assert run.returncode != 0
    recording = sidecar.one("start")
    assert set(recording.variables) == {"before", "blob"}
    assert recording.files["blob"].keys() == {"blob.pkl"}
    assert recording.close.outcome == pb.Close.OUTCOME_FAILED
    assert not recording.close.will_retry
    kind = {
        "raise": "builtins.ValueError",
        "exit": "builtins.SystemExit",
        "interrupt": "builtins.KeyboardInterrupt",
    }
    assert recording.close.exception.type_name == kind[how]
    assert recording.close.exception.traceback or how != "raise"


def test_retried_step_says_so(recorded):
    """The failed attempt announces another; the next one is an attempt of its own."""
    sidecar = recorded("failing", HOW="retry").sidecar

    first, second = sorted(sidecar.by_step("start"), key=lambda recording: recording.key)
    assert (first.close.outcome, first.close.will_retry) == (pb.Close.OUTCOME_FAILED, True)
    assert (second.close.outcome, second.open.task.attempt) == (pb.Close.OUTCOME_OK, 1)
    assert first.open.max_attempts == 2


def test_caught_exception_is_reported_with_success(recorded):
    """@catch lets the flow go on; the exception is on record."""
    sidecar = recorded("failing", HOW="catch").sidecar

    close = sidecar.one("start").close
    assert close.outcome == pb.Close.OUTCOME_OK
    assert close.exception.message.startswith("no good")


def test_timeout_of_the_step_is_its_exception(recorded):
    """@timeout strikes in the step, and only there."""
    sidecar = recorded("failing", check=False, HOW="timeout").sidecar
    close = sidecar.one("start").close
    assert close.exception.type_name.endswith("TimeoutException")


def test_value_that_metaflow_cannot_store_fails_the_attempt(recorded):
    """No hook tells of it; the stream is closed all the same."""
    held = recorded("failing", check=False, HOW="unpicklable")
    run, sidecar = held.run, held.sidecar

    assert run.returncode != 0
    recording = sidecar.one("start")
    assert recording.close.outcome == pb.Close.OUTCOME_FAILED
    assert "can't pickle this" in recording.skipped["bad"]
    assert recording.files["blob"].keys() == {"blob.pkl"}


def test_killed_step_leaves_an_open_stream(recorded):
    """A process that dies says nothing more; that is how the sidecar knows."""
    sidecar = recorded("failing", check=False, HOW="kill").sidecar
    assert sidecar.one("start").close is None
