"""Steps that are not logged, in flows of which other steps are."""

from __future__ import annotations

import pytest

from metaflow_wandb._gen import ingest_pb2 as pb


def hashes(recording):
    return {each.name: each for each in recording.close.content_hashes}


def test_undecorated_step_tells_what_it_read_changed_and_passed_on(recorded):
    """It is recorded as the others are, for lineage alone."""
    sidecar = recorded("undecorated").sidecar

    start, reads = sidecar.one("start"), sidecar.one("reads")
    assert (start.open.lineage_only, reads.open.lineage_only) == (False, True)
    assert {name: each.origin for name, each in reads.variables.items()} == {
        "numbers": pb.Variable.ORIGIN_MUTATED
    }
    assert {read.name for read in reads.snapshot.reads} == {"frame", "words", "numbers"}
    assert {read.source.step_name for read in reads.snapshot.reads} == {"start"}
    assert hashes(reads)["frame"].inherited_from == start.open.task
    assert not hashes(reads)["numbers"].HasField("inherited_from")
    assert reads.close.outcome == pb.Close.OUTCOME_OK


def test_no_value_and_no_setting_leaves_a_step_that_is_not_logged(recorded):
    """Names, types and origins are all that is told of its variables."""
    sidecar = recorded("undecorated").sidecar

    opted_out = sidecar.one("opted_out")
    assert opted_out.open.lineage_only
    assert [options.enabled for options in opted_out.open.step_options] == [False]
    (secret,) = opted_out.snapshot.variables
    assert (secret.name, secret.type_mro[0], secret.value_json) == ("secret", "builtins.str", "")
    sent = b"".join(
        each.SerializeToString() for each in (opted_out.open, opted_out.snapshot, opted_out.close)
    )
    assert b"a value" not in sent
    assert b"never sent" not in sent


def test_steps_that_are_not_logged_print_nothing(run_flow):
    """Not even where no sidecar answers: the steps that are logged tell that, once."""
    run = run_flow("undecorated", sidecar="127.0.0.1:1")
    assert len(run.warnings) == 1
    assert "/start/1 " in run.warnings[0]


@pytest.mark.parametrize("command", ["show", "run"])
def test_hidden_decorator_is_not_seen(run_flow, command):
    """Metaflow shows and stores of a flow what its author wrote."""
    run = run_flow("undecorated", command, METAFLOW_WANDB_DISABLED="1")
    assert "_wandb_lineage" not in run.output
    stored = b"".join(path.read_bytes() for path in run.root.rglob("*") if path.is_file())
    assert b"_wandb_lineage" not in stored


def test_flow_without_a_logged_step_is_left_alone(run_flow, sidecar):
    """Where every decoration says enabled=False, nothing is told."""
    run_flow("all_opted_out", sidecar=sidecar.address)
    assert sidecar.recordings == []
