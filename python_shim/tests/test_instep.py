"""What a step logs to W&B itself goes to the task's run, while the step runs."""

from __future__ import annotations

import hashlib
import json


def recorded_log(recorded, step, flow="in_step"):
    return recorded(flow).sidecar.one(step).log


def stored(recorded, step, name, flow="in_step"):
    """A variable that a step kept, as the sidecar was told it."""
    return json.loads(recorded(flow).sidecar.one(step).variables[name].value_json)


def test_in_step_calls_reach_the_run_in_order(recorded):
    """Rows, config, summary and metric definitions arrive as they were logged."""
    log = recorded_log(recorded, "start")
    assert log.rows == [
        {"loss": 1.0, "epoch": 0},
        {"loss": 0.5, "epoch": 1},
        {"loss": 1 / 3, "epoch": 2},
        {"odd": "NaN", "far": ["-Infinity", 2]},
        {"more": 1},
    ]
    assert log.kinds()[:5] == ["history"] * 5
    assert [(h.step, h.commit) for h in log.all("history") if h.HasField("step")] == [
        (7, False),
        (7, True),
    ]
    (metric,) = log.all("metric")
    assert (metric.name, metric.step_metric, list(metric.summary)) == (
        "loss",
        "epoch",
        ["min", "last"],
    )
    assert log.values("config") == {"layers": 2, "opt": {"name": "adam"}, "lr": 0.25}
    assert log.values("summary") == {"best": 0.9, "deep": {"a": 1}, "deep.b": 2}
    assert recorded("in_step").run.warnings == []


def test_in_step_run_tells_what_it_is(recorded):
    """Id, name, group and place are the task's; what was logged can be read back."""
    sidecar = recorded("in_step").sidecar
    task = sidecar.one("start").open.task
    identity = [task.metadata_provider, task.flow_name, task.run_id, "start", task.task_id, 0]
    text = json.dumps(identity, separators=(",", ":"), ensure_ascii=False)
    run_id = hashlib.sha256(text.encode()).hexdigest()[:20]
    seen = stored(recorded, "start", "seen")
    assert seen["named"] == [
        run_id,
        f"start/{task.task_id}",
        f"InStepFlow/{task.run_id}",
        "start",
    ]
    assert seen["placed"] == [
        "https://wandb.example/team/things/runs/run",
        "things",
        "team",
        f"team/things/{run_id}",
    ]
    assert seen["loss"] == 1 / 3
    assert seen["deep"] == {"a": 1, "b": 2}
    assert seen["step"] == 8


def test_init_returns_the_run_of_the_task(recorded):
    """Its config, name, notes and tags count; finishing it leaves it usable."""
    log = recorded_log(recorded, "begun")
    assert stored(recorded, "begun", "same") == [True, True, True, "things"]
    assert log.rows == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert log.values("config") == {"depth": 3}
    fields = log.all("run_fields")
    assert [f.name for f in fields if f.HasField("name")] == ["a name"]
    assert [f.notes for f in fields if f.HasField("notes")] == ["some notes"]
    assert [list(f.tags) for f in fields if f.tags_set] == [["one", "two"]]


def test_client_is_its_own_where_a_step_is_not_logged(recorded):
    """In an undecorated step and in one that opted out; and no directory is left behind."""
    output = recorded("in_step").run.output
    untouched = "You must call wandb.init() before wandb.log()"
    for kind in ("OPTED OUT", "UNDECORATED"):
        assert f"{kind} True None False '' None init {untouched}" in output


def test_what_the_run_knows_of_parameters_is_no_read_of_the_step(recorded):
    """They are in the config without being variables of the step."""
    start = recorded("in_step").sidecar.one("start")
    assert "lr" not in {*start.variables, *(read.name for read in start.snapshot.reads)}


def test_media_tables_and_files_arrive_with_their_bytes(recorded):
    """As W&B's client writes them; a saved file once more where it changed."""
    log = recorded_log(recorded, "files")
    rows = {key: value for row in log.rows for key, value in row.items()}
    assert rows["numbers"]["_type"] == "histogram"
    assert rows["page"]["_type"] == "html-file"
    assert b"<p>hello</p>" in log.file(rows["page"]["path"])
    table = rows["table"]
    assert json.loads(log.file(table["path"]))["data"] == [[1, "x"], [2, "y"]]
    (of_table,) = [a for a in log.all("artifact") if a.type == "run_table" and "table" in a.name][
        :1
    ]
    assert of_table.client_id in table["artifact_path"]
    assert "visualize" in " ".join(log.values("config"))
    saved = [log.files[file.file_id] for file in log.all("file") if file.path == "notes.txt"]
    assert saved == [b"first", b"changed"]
    assert log.file("own.txt") == b"mine"


def test_artifacts_of_a_step_arrive_whole(recorded):
    """Files in pieces, references as they are, and everything that was said of them."""
    log = recorded_log(recorded, "files")
    by_name = {artifact.name: artifact for artifact in log.all("artifact")}
    things = by_name["things"]
    assert (things.type, things.description, json.loads(things.metadata_json)) == (
        "dataset",
        "d",
        {"k": 1},
    )
    assert (list(things.aliases), list(things.tags)) == (["good"], ["t"])
    entries = {entry.path: entry for entry in things.entries}
    assert log.files[entries["big.bin"].file_id] == b"0123456789" * 150_000
    assert entries["x"].reference == "http://example.com/x"
    assert by_name["model"].type == "model"


def test_pictures_arrive(recorded):
    """The file that the row names is there."""
    log = recorded_log(recorded, "files")
    (picture,) = [row["picture"] for row in log.rows if "picture" in row]
    assert (picture["_type"], picture["width"], picture["caption"]) == ("image-file", 4, "dark")
    assert log.file(picture["path"]).startswith(b"\x89PNG")


def test_used_artifact_is_read_through_the_sidecar(recorded):
    """It looks like W&B's own, and its files come without a key."""
    found = stored(recorded, "uses", "found")
    assert found["is"] == [
        "prices:v3",
        "v3",
        "dataset",
        "team/things/prices:v3",
        "QXJ0aWZhY3Q6Nw==",
    ]
    assert found["says"] == [{"rows": 2}, ["latest", "best"], "d1", 2501]
    assert found["downloaded"] == ["prices/a.bin", "prices/deep/b.txt"]
    assert found["entry"] == "b"
    assert found["files"] == [["a.bin", 2500], ["deep/b.txt", 1]]
    assert found["again"].endswith("more/a.bin")
    assert stored(recorded, "uses", "model") == "weights"
    assert stored(recorded, "uses", "table") == [["x"], [[1], [2]]]
    assert "does not match type dataset" in stored(recorded, "uses", "refused")
    assert "fresh" in [each.name for each in recorded_log(recorded, "uses").all("artifact")]
    used = recorded("in_step").sidecar.artifacts.used
    assert {use.task.step_name for use in used} == {"uses"}
