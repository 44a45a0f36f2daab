"""What W&B's own integration loses, alters or links wrongly, and this one doesn't.

The numbers are those of the list that `test_known_defects_of_flows.py` speaks of.
"""

from __future__ import annotations

from pathlib import Path

import wandb
from support.wandb_tasks import edges_of

from metaflow_wandb import wandb_log
from metaflow_wandb._settings import read_settings
from shapes.conftest import of


@of("nested")
def test_siblings_that_log_one_name_are_told_apart(shape):
    """15: each has a version with an alias of its own, and is read by that."""
    inner = [task for name, task in shape.tasks.items() if name.startswith("inner[")]
    versions = {task.logged["data"].version for task in inner}
    aliases = {alias for task in inner for alias in task.logged["data"].aliases} - {"latest"}
    assert len(versions) == len(aliases) == 4
    assert {each for each in edges_of(shape.tasks) if each.startswith("after")} == {
        f"after[{at}] < inner[{at}]:data" for at in ("0,0", "0,1", "1,0", "1,1")
    }


@of("awkward", "nested")
def test_inputs_of_a_join_and_of_a_foreach_are_edges(shape):
    """16: `inputs`, `self.input`, and what `merge_artifacts` passed on."""
    expected = {
        "awkward": {"join < each[0]:mine", "join < each[1]:mine", "each[0] < helped:parts"},
        "nested": {"join_outer < join_inner[0]:data", "end < start:untouched"},
    }
    assert expected[shape.name] <= edges_of(shape.tasks)


@of("awkward")
def test_values_assigned_by_a_helper_are_logged(shape):
    """17: in a step that is decorated itself."""
    helped = shape.tasks["helped"]
    assert helped.summary["rows"] == 3
    assert "loaded" in helped.logged


@of("awkward")
def test_values_changed_in_place_are_logged(shape):
    """18."""
    assert shape.tasks["start"].summary["history"] == [0.5]
    assert shape.tasks["frames_of_all_sorts"].summary["history"] == [0.5, 0.9]


@of("mishaps")
def test_resumed_run_leads_to_what_its_origin_made(shape):
    """20: the cloned tasks' values are those that the first run logged."""
    assert shape.tasks["resumed end"].facts["origin_run_id"]
    assert "resumed end < flaky#2:found" in edges_of(shape.tasks)


@of("awkward")
def test_path_that_points_to_nothing_is_on_record(shape):
    """21: and is no empty artifact."""
    task = shape.tasks["frames_of_all_sorts"]
    assert "nowhere" not in task.logged
    assert task.left_out["nowhere"] == "the path points to nothing"


@of("mishaps")
def test_values_from_before_an_exception_are_kept(shape):
    """22: and a task that was killed has a run that says so."""
    assert shape.tasks["flaky"].summary["tried"] == 0
    assert shape.tasks["killed"].facts["outcome"] == "crashed"
    assert shape.tasks["killed"].state != "finished"


@of("nested", "mishaps")
def test_run_says_which_task_and_attempt_it_is(shape):
    """23: pathspec, task, attempt, foreach index, tags; a name that doesn't vary."""
    name, attempt = {"nested": ("inner[1,0]", 0), "mishaps": ("flaky#1", 1)}[shape.name]
    task = shape.tasks[name]
    _, run, step, task_id = task.facts["pathspec"].split("/")
    assert task.attempt == (run, step, task_id, attempt)
    assert task.run.name == f"{step}/{task_id}"
    if shape.name == "nested":
        assert [frame["index"] for frame in task.facts["foreach"]] == [1, 0]
        assert "mine" in task.run.tags


@of("every_type")
def test_no_type_is_dropped_without_a_word(shape):
    """24: numpy's scalars, None, tuples, dates, Decimal; arrays and series as artifacts."""
    start = shape.tasks["start"]
    assert {name: start.rows[0][name] for name in EVERY_TYPE} == EVERY_TYPE
    assert start.logged.keys() == {"raw", "cplx", "series", "array", "counted"}


EVERY_TYPE = {
    "f32": 0.25,
    "i64": 7,
    "np_bool": True,
    "f64": 0.5,
    "none": None,
    "a_tuple": [1, 2],
    "frozen": [1],
    "when": "2026-01-02T00:00:00",
    "stamp": "2026-01-03T00:00:00",
    "price": "0.10",
}


@of("every_type")
def test_values_of_a_step_are_one_row(shape):
    """25."""
    (row,) = shape.tasks["start"].rows
    assert row["_step"] == 0


@of("every_type")
def test_names_that_wandb_keeps_for_itself_leave_the_row_alone(shape):
    """26: they are left out and named; the row has its own time and number."""
    start = shape.tasks["start"]
    reserved = {"_timestamp", "_step", "_runtime"}
    assert reserved <= start.left_out.keys()
    assert start.rows[0]["_timestamp"] > 1e9
    assert start.rows[0]["_step"] == 0


@of("every_type")
def test_integers_stay_exact(shape):
    """27: those that W&B has no room for, as texts."""
    assert shape.tasks["start"].summary["beyond"] == str(2**70)


@of("every_type")
def test_long_list_makes_no_row_of_megabytes(shape):
    """27: it is a histogram of all its numbers, and the run says so."""
    start = shape.tasks["start"]
    assert sum(start.summary["wide"]["values"]) == 200_000
    assert start.left_out["wide"] == "the value: a histogram of 200000 numbers"


@of("every_type")
def test_values_are_pickled_once_and_none_is_no_artifact(shape):
    """28: once more than Metaflow itself does."""
    times = [len(Path(each.root, "pickled").read_text()) for each in (shape.plain, shape.logged)]
    assert times[1] == times[0] + 1
    assert "none" not in shape.tasks["start"].logged


@of("every_type")
def test_model_says_how_to_load_it(shape):
    """29: its metadata has the expression."""
    module = shape.tasks["end"].logged["module"]
    assert "torch.load(" in module.metadata["load"]
    assert "weights_only=False" in module.metadata["load"]


@of("every_type")
def test_settings_may_be_a_dict(shape):
    """30."""
    run = shape.tasks["start"].run
    assert (run.notes, run.tags) == ("one for two steps", ["from-a-dict"])


@of("parametrised")
def test_group_and_job_type_of_the_environment_count(shape):
    """31: WANDB_RUN_GROUP, WANDB_JOB_TYPE."""
    assert {(t.run.group, t.run.job_type) for t in shape.tasks.values()} == {
        ("some group", "some job")
    }


@of("every_type")
def test_settings_may_be_shared_by_steps(shape):
    """32: nothing of the first use sticks to them."""
    start, end = shape.tasks["start"], shape.tasks["end"]
    assert (start.run.job_type, end.run.job_type) == ("start", "end")
    assert (start.run.notes, end.run.notes) == ("one for two steps",) * 2
    shared = wandb.Settings(run_notes="shared")
    before = read_settings(shared)
    wandb_log(settings=shared)
    wandb_log(settings=shared)
    assert read_settings(shared) == before
