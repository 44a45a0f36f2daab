"""What a stream says of its attempt before the step runs."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path

from metaflow_wandb._gen import ingest_pb2 as pb

ARGUMENTS = ("run", "--alpha", "0.75", "--tag", "mine", "--tag", "b")
FLOW = Path(__file__).parent / "flows" / "parameters.py"


def test_parameters_of_every_kind(recorded):
    """Values as the step sees them; an included file by size and digest alone."""
    sidecar = recorded("parameters", *ARGUMENTS).sidecar

    sent = {each.name: each for each in sidecar.one("start").open.parameters}
    values = {name: json.loads(each.value_json) for name, each in sent.items() if each.value_json}
    assert values == {
        "alpha": 0.75,
        "flag": True,
        "none": None,
        "words": ["a", "b"],
        "shape": {"a": [1, 2]},
        "config": {"lr": 0.1, "layers": {"sizes": [3, 4]}},
        "from_config": 0.1,
    }
    assert sent["config"].kind == pb.Parameter.KIND_CONFIG
    assert sent["shape"].kind == pb.Parameter.KIND_PARAMETER
    data = sent["data"]
    assert data.kind == pb.Parameter.KIND_INCLUDE_FILE
    assert data.size_bytes == FLOW.stat().st_size
    assert data.digest == "sha1:" + hashlib.sha1(FLOW.read_bytes()).hexdigest()
    assert not any("class attribute" in each.value_json for each in sent.values())
    for recording in sidecar.recordings:
        assert {each.name for each in recording.open.parameters} == set(sent)


def test_run_and_project_are_told(recorded):
    """Tags, project, user, metadata provider, graph."""
    held = recorded("parameters", *ARGUMENTS)
    run, sidecar = held.run, held.sidecar
    opened = sidecar.one("start").open
    assert list(opened.tags) == ["b", "mine"]
    assert "project:some_project" in opened.system_tags
    assert (opened.project_name, opened.branch_name) == ("some_project", "user.tester")
    assert not opened.is_production
    assert opened.metaflow_user == "tester"
    assert opened.task.metadata_provider == f"local@{socket.gethostname()}:{run.root}"
    graph = json.loads(opened.graph_json)
    assert graph["split"] == {"type": "foreach", "next": ["body"]}
    assert opened.environment.program == str(FLOW)
    assert opened.environment.metaflow_version
    assert opened.origin_run_id == ""


def test_join_of_many_inputs_names_each(recorded):
    """More inputs than Metaflow loads one by one."""
    sidecar = recorded("parameters", *ARGUMENTS).sidecar
    bodies = {recording.open.task.task_id for recording in sidecar.by_step("body")}
    reads = sidecar.one("join").snapshot.reads
    assert {read.source.task_id for read in reads if read.name == "seen"} == bodies
    assert {read.source.run_id for read in reads} == {sidecar.one("join").open.task.run_id}


def test_resumed_run_names_its_origin(run_flow, sidecar):
    """Cloned tasks are not logged again; the others tell which run they continue."""
    first = run_flow("failing", sidecar=sidecar.address, check=False)
    assert first.returncode != 0
    run_flow("failing", "resume", sidecar=sidecar.address, HOW="fine")
    failed, resumed = sidecar.by_step("start")
    assert resumed.open.origin_run_id == failed.open.task.run_id


def test_loops_and_parallel_steps(recorded):
    """Each iteration and each node is an attempt of its own."""
    sidecar = recorded("loops").sidecar
    loops = [json.loads(each.variables["count"].value_json) for each in sidecar.by_step("loop")]
    assert sorted(loops) == [1, 2, 3]
    assert len(sidecar.by_step("each")) == 2
    assert {frozenset(each.variables) for each in sidecar.by_step("each")} == {frozenset({"mine"})}
    assert set(sidecar.one("join").variables) == {"total"}
    assert all(each.close.outcome == pb.Close.OUTCOME_OK for each in sidecar.recordings)
