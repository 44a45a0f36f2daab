"""What W&B's own integration does to flows, and this one doesn't.

The numbers are those of a list of 35 defects that were seen with W&B's
`wandb.integration.metaflow`; `test_known_defects_of_data.py` has the others.
Each flow here also runs plain, and must end, print and store the same:
`test_shapes.py`.
"""

from __future__ import annotations

from support.wandb_tasks import edges_of

from shapes.conftest import of


@of("family")
def test_helper_methods_return_and_open_no_runs(shape):
    """1: under a decorated class."""
    assert shape.logged.stored_by("prepare", "prepared") == 2 * len("prepared")
    assert len(shape.tasks) == len(shape.logged.attempts()) == 4


@of("family")
def test_static_methods_and_properties_are_left_alone(shape):
    """2."""
    assert shape.logged.stored_by("prepare", "prepared") == 16
    assert shape.logged.stored_by("end", "last")[1] == (8, 1)


@of("decorated")
def test_step_under_a_user_step_decorator_stays_in_the_graph(shape):
    """3: `wandb_log` above a user's decorator above `@step`, on start."""
    assert "start" in {attempt.step for attempt in shape.logged.attempts()}
    assert "start" in shape.tasks


@of("from_outside")
def test_offline_flow_may_read_what_it_logged(shape):
    """4: the reads are edges once the run is sent on."""
    assert [done.exit_code for done in shape.logged.done] == [0]
    assert "body[0] < start:data" in edges_of(shape.tasks)


@of("awkward")
def test_containers_of_anything_cost_their_elements_at_most(shape):
    """5: models, frames, objects in lists, dicts and sets, without any flag."""
    start = shape.tasks["start"]
    shown = {name: start.summary[name] for name in ("things", "a_set", "a_dict", "frames")}
    assert shown == {"things": [3], "a_set": [], "a_dict": {"b": 4}, "frames": [2]}
    assert shown.keys() <= start.left_out.keys()


@of("awkward")
def test_frames_that_parquet_refuses_are_logged_all_the_same(shape):
    """6: a column of mixed types, two columns of one name."""
    logged = shape.tasks["frames_of_all_sorts"].logged
    assert set(logged["mixed"].manifest.entries) == {"mixed.pkl"}
    assert set(logged["twice"].manifest.entries) == {"twice.pkl"}


@of("awkward")
def test_names_that_wandb_refuses_are_logged_under_others(shape):
    """7."""
    artifact = shape.tasks["frames_of_all_sorts"].logged["données"]
    assert artifact.name.startswith("donn_es-")


@of("linear")
def test_step_needs_no_api_key(shape):
    """8: nor is there one anywhere in the environment of these flows."""
    assert shape.logged.stored_by("end", "keys") == []
    assert not (shape.logged.root / ".netrc").exists()
    assert shape.tasks["end"].state == "finished"


@of("awkward")
def test_attributes_can_be_deleted(shape):
    """9: and what is gone is not logged."""
    assert "removed" not in shape.tasks["start"].summary
    assert "removed" not in shape.logged.names("start")


@of("family")
def test_self_is_the_flow_itself(shape):
    """10: `super()` and `isinstance` work."""
    assert shape.logged.stored_by("train", "trained") == "base with 0.5 and 8 rows of 8!"


@of("awkward")
def test_self_can_be_looked_through(shape):
    """11: `vars(self)` and iteration give what they give in the plain flow."""
    for name in ("inside", "steps"):
        assert shape.logged.stored_by("start", name) == shape.plain.stored_by("start", name) != []


@of("decorated")
def test_decorator_may_be_below_step(shape):
    """12."""
    assert shape.tasks["below"].logged.keys() == {"blob"}


@of("awkward")
def test_frames_in_containers_never_leave_the_step(shape):
    """13: without `datasets` no cell is anywhere in W&B, and no table is made of it."""
    start = shape.tasks["start"]
    assert "not to be seen" not in start.everything()
    assert not [file.name for file in start.run.files() if "table" in file.name]
    assert start.logged == {}
    assert start.summary["splits"] == {"rows": 1}


@of("parametrised")
def test_contents_of_an_included_file_never_leave_the_step(shape):
    """14: its name, size and digest do."""
    for task in shape.tasks.values():
        assert task.config["included"].keys() == {"name", "size_bytes", "digest"}
        assert "class ParametrisedFlow" not in task.everything()


@of("family")
def test_inherited_steps_are_logged_under_a_decorated_subclass(shape):
    """19: those of mixins too."""
    assert {"start", "prepare", "end"} <= shape.tasks.keys()


@of("linear")
def test_step_can_be_left_out_of_a_decorated_flow(shape):
    """33: no run at all."""
    assert "middle" in {attempt.step for attempt in shape.logged.attempts()}
    assert shape.tasks.keys() == {"start", "end"}


@of("from_outside")
def test_flow_can_be_decorated_from_the_command_line(shape):
    """34: as METAFLOW_DECOSPECS, which is `--with` by another name."""
    assert shape.tasks["body[0]"].logged.keys() == {"made"}


@of("linear")
def test_task_imports_nothing_heavy(shape):
    """35: what is loaded when a step has opened its stream."""
    assert shape.logged.stored_by("end", "loaded") == []
