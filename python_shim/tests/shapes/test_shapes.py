"""Every shape that a flow can have: the same with the decorator as without, and exact in W&B."""

from __future__ import annotations

import json
from collections import Counter

from support.wandb_tasks import edges_of

from shapes.conftest import SHAPES, of

# By shape: the state of each task attempt's run. A step that opted out has none.
STATES = {
    "linear": {"start": "finished", "end": "finished"},
    "mishaps": {
        "start": "finished",
        "flaky": "failed",
        "flaky#1": "failed",
        "flaky#2": "finished",
        "caught": "finished",
        "slow": "finished",
        "killed": "crashed",
        "killed#1": "finished",
        # Metaflow's own second attempt, in which @catch takes the step's place.
        "lost": "crashed",
        "lost#1": "finished",
        "join": "finished",
        "end": "failed",
        "resumed end": "finished",
    },
    "nested": dict.fromkeys(
        (
            *("start", "split", "right", "outer[0]", "outer[1]"),
            *("inner[0,0]", "inner[0,1]", "inner[1,0]", "inner[1,1]"),
            *("after[0,0]", "after[0,1]", "after[1,0]", "after[1,1]"),
            *("join_inner[0]", "join_inner[1]", "join_outer", "join", "end"),
        ),
        "finished",
    ),
    "winding": dict.fromkeys(
        (
            *("start", "again", "again~2", "again~3", "choose", "short", "spread"),
            *("node[0]", "node[1]", "node[2]", "join", "end"),
        ),
        "finished",
    ),
    "decorated": dict.fromkeys(
        ["start", "below", "above", "before_the_flow", "over_the_flow", "replaced", "end"],
        "finished",
    ),
    "family": dict.fromkeys(["start", "prepare", "train", "end"], "finished"),
    "parametrised": dict.fromkeys(["start", "end"], "finished"),
    "from_outside": dict.fromkeys(["start", "body[0]", "body[1]", "join", "end"], "finished"),
    "run_from_python": dict.fromkeys(["start", "body[0]", "body[1]", "join", "end"], "finished"),
    "run_in_notebook": dict.fromkeys(["start", "end"], "finished"),
}

# By shape: `consumer < maker:variable` for every edge.
_UNDECORATED = {
    *("body[0] < start:data", "body[1] < start:data"),
    *("join < body[0]:made", "join < body[1]:made"),
}
EDGES = {
    "linear": {"end < start:data"},
    "mishaps": {
        *("flaky < start:data", "flaky#1 < start:data", "flaky#2 < start:data"),
        *("join < caught:error", "join < slow:error", "join < lost#1:error"),
        *("end < flaky#2:found", "resumed end < flaky#2:found"),
    },
    "nested": {
        *("outer[0] < start:data", "outer[1] < start:data", "right < start:data"),
        *("inner[0,0] < outer[0]:data", "inner[0,1] < outer[0]:data"),
        *("inner[1,0] < outer[1]:data", "inner[1,1] < outer[1]:data"),
        *("after[0,0] < inner[0,0]:data", "after[0,1] < inner[0,1]:data"),
        *("after[1,0] < inner[1,0]:data", "after[1,1] < inner[1,1]:data"),
        *("join_inner[0] < inner[0,0]:data", "join_inner[0] < inner[0,1]:data"),
        *("join_inner[1] < inner[1,0]:data", "join_inner[1] < inner[1,1]:data"),
        *("join_outer < join_inner[0]:data", "join_outer < join_inner[1]:data"),
        *("join < join_outer:data", "join < start:data"),
        *("end < join:both", "end < start:untouched"),
    },
    "winding": {
        *("again < start:data", "again~2 < again:data", "again~3 < again~2:data"),
        *("short < again~3:data", "end < join:parts"),
        *("node[0] < again~3:data", "node[1] < again~3:data", "node[2] < again~3:data"),
        *("join < node[0]:part", "join < node[1]:part", "join < node[2]:part"),
    },
    "decorated": {
        *("below < start:blob", "above < below:blob", "before_the_flow < below:blob"),
        *("over_the_flow < before_the_flow:blob", "end < replaced:blob"),
    },
    "family": {"train < prepare:data"},
    "parametrised": set(),
    "from_outside": _UNDECORATED,
    "run_from_python": _UNDECORATED,
    "run_in_notebook": {"end < start:data"},
}


@of(*SHAPES)
def test_flow_ends_and_prints_as_without_the_decorator(shape):
    """Exit codes, the steps' output and the screen; for each of run, resume and spin."""
    logged, plain = shape.logged, shape.plain
    assert [done.exit_code for done in logged.done] == [done.exit_code for done in plain.done]
    assert [done.warnings for done in logged.done] == [[] for _ in logged.done]
    assert logged.printed() == plain.printed()
    for ours, theirs in zip(logged.screen(), plain.screen(), strict=True):
        assert (ours - theirs, theirs - ours) == (Counter(), Counter())


@of(*SHAPES)
def test_flow_stores_the_same_as_without_the_decorator(shape):
    """Names and content hashes, of each attempt of each task."""
    assert len(shape.plain.attempts()) >= 2
    assert shape.logged.stored() == shape.plain.stored()


@of(*STATES)
def test_each_attempt_is_a_run_that_says_which_and_how_it_ended(shape):
    """No attempt is missing, none is there twice, none is logged that wasn't to be."""
    assert {name: task.state for name, task in shape.tasks.items()} == STATES[shape.name]


@of(*EDGES)
def test_edges_lead_to_the_very_attempts_that_made_what_was_read(shape):
    """Through foreach, joins, pass-through, loops, nodes, retries, clones; none too many."""
    assert edges_of(shape.tasks) == EDGES[shape.name]


@of(*STATES)
def test_values_in_wandb_are_those_that_the_attempt_stored(shape):
    """In the summary, and in the one row that an attempt has."""
    stored = {each.key: each.hashes for each in shape.logged.attempts()}
    for name, task in shape.tasks.items():
        hashes = dict(stored.get(task.attempt, ()))
        shown = {key: value for key, value in task.summary.items() if key[0] != "_"}
        values = {key: shape.logged.value(hashes[key]) for key in shown}
        assert shown == json.loads(json.dumps(values)), name
        assert len(task.rows) == bool(shown), name


@of(*STATES)
def test_artifacts_load_back_equal_to_what_the_attempt_stored(shape, tmp_path):
    """Under their variables' names."""
    stored = {each.key: each.hashes for each in shape.logged.attempts()}
    for task in shape.tasks.values():
        hashes = dict(stored.get(task.attempt, ()))
        for variable, loaded in task.load_artifacts(tmp_path).items():
            value = shape.logged.value(hashes[variable])
            assert str(loaded) == str(value), (task.attempt, variable)


@of("mishaps")
def test_failed_attempt_keeps_what_it_had_and_why_it_failed(shape):
    """Values and artifacts from before the exception, its type and its text; whose turn it was."""
    first, second = shape.tasks["flaky"], shape.tasks["flaky#1"]
    assert (first.summary["tried"], second.summary["tried"]) == (0, 1)
    assert first.logged.keys() == second.logged.keys() == {"found"}
    assert first.facts["exception"]["type"] == "builtins.ValueError"
    assert second.facts["exception"]["message"] == "attempt 1 is no good"
    assert [task.facts["attempt"] for task in (first, second)] == [0, 1]
    assert [task.facts["will_retry"] for task in (first, second)] == [True, True]


@of("mishaps")
def test_caught_and_timed_out_steps_succeed_and_say_what_was_caught(shape):
    """@catch above @timeout; the values from before, and no exit code but 0."""
    caught, slow = shape.tasks["caught"], shape.tasks["slow"]
    assert caught.summary["before"] == "assigned before"
    assert caught.facts["exception"]["message"] == "'to be caught'"
    assert slow.summary["before"] == "assigned in time"
    assert slow.facts["exception"]["type"].endswith("TimeoutException")
    assert {caught.facts["outcome"], slow.facts["outcome"]} == {"ok"}


@of("mishaps")
def test_timeout_runs_on_under_the_decorator(shape):
    """Its clock is the step's: neither reset nor longer than asked for."""
    assert shape.tasks["slow"].summary["clock"] is True


@of("mishaps")
def test_killed_attempt_is_marked_crashed_and_its_retry_is_not(shape):
    """SIGKILL: nobody says anything, and the sidecar finds out."""
    assert shape.tasks["killed"].facts["outcome"] == "crashed"
    assert shape.tasks["killed#1"].facts["outcome"] == "ok"
    assert shape.tasks["lost"].facts["outcome"] == "crashed"
    assert shape.tasks["killed"].facts["task_id"] == shape.tasks["killed#1"].facts["task_id"]


@of("mishaps")
def test_resumed_run_names_its_origin_and_logs_no_clone(shape):
    """What it runs itself is in a group of its own."""
    origin, resumed = shape.tasks["end"], shape.tasks["resumed end"]
    assert resumed.facts["origin_run_id"] == origin.facts["run_id"]
    assert resumed.run.group != origin.run.group


@of("parametrised")
def test_parameters_and_configs_are_in_the_config(shape):
    """Parameter, JSONType, Config; a Parameter that a Config gives its default."""
    expected = {"rate": 0.5, "shape": {"layers": [3, 4]}, "depth": 3}
    settings = {"depth": 3, "seconds": 60, "nested": {"on": True}}
    for task in shape.tasks.values():
        held = {name: task.config[name] for name in (*expected, "settings")}
        assert held == {**expected, "settings": settings}
        assert (task.facts["project"], task.facts["branch"]) == ("shapes", "user.tester")


@of("decorated", "parametrised")
def test_cards_are_made_as_without_the_decorator(shape):
    """Of the steps that ask for one."""
    plain, logged = (list(each.root.rglob("*.html")) for each in (shape.plain, shape.logged))
    assert len(plain) == len(logged) == 1
