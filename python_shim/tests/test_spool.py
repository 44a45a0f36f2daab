"""What can't be sent is kept in files, whole, and goes out later."""

from __future__ import annotations

import io
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pandas as pd
import pytest
from support.fake_sidecar import FakeSidecar, unix_address
from support.plain import stored_hashes, without_prefix
from support.spool_files import directory_of, spooled

from metaflow_wandb._gen import ingest_pb2 as pb

ALL = "wandb_log:datasets=True,models=True,others=True"


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that nobody serves yet."""
    with tempfile.TemporaryDirectory(prefix="mfw") as directory:
        yield unix_address(Path(directory))


def refuse_after_first(sidecar: FakeSidecar, code=grpc.StatusCode.UNAVAILABLE) -> None:
    """Let one stream through, and no other."""
    sidecar.refuse = lambda _: (code, "not now") if sidecar.recordings else None


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_run_without_a_sidecar_goes_out_with_a_later_run(run_flow, nobody, spool, recorded):
    """Nothing is missing of what a sidecar would have got; the undecorated steps are there too."""
    alone = run_flow("linear", sidecar=nobody)
    (warning,) = alone.warnings
    assert f"kept in ~/.metaflow-wandb/spool/{directory_of(nobody)} until" in warning
    run_flow("undecorated", sidecar=nobody)
    wait_until(lambda: not list(spool.glob("*/*.part")))
    paths = list(spool.glob("*/*.spool"))
    assert len(paths) == 3 + 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths[0].parents[:3]} == {0o700}

    sidecar = FakeSidecar(nobody)
    assert run_flow("failing", sidecar=nobody, HOW="fine").warnings == []
    wait_until(lambda: not list(spool.glob("*/*.spool")) and not list(spool.glob("*/*.part")))
    sidecar.stop()
    assert sidecar.broken == []
    assert len(sidecar.recordings) == 3 + 4 + 2
    for live in recorded("linear").sidecar.recordings:
        (late,) = [
            each
            for each in sidecar.by_step(live.key[0])
            if each.open.task.flow_name == "LinearFlow" and each.open.spooled
        ]
        assert not live.open.spooled
        assert late.variables == live.variables
        assert [each.name for each in late.snapshot.reads] == [
            each.name for each in live.snapshot.reads
        ]
        assert late.files == live.files
        names = [each.name for each in live.close.content_hashes]
        assert [each.name for each in late.close.content_hashes] == names
    unlogged = [
        each.key[0]
        for each in sidecar.recordings
        if each.open.lineage_only and each.open.task.flow_name == "UndecoratedFlow"
    ]
    assert sorted(unlogged) == ["opted_out", "reads"]


def test_what_one_token_kept_goes_out_with_that_token_only(run_flow, nobody, spool):
    """Where tenants share a sidecar, the token says whose account it is."""
    run_flow("linear", sidecar=nobody, METAFLOW_WANDB_TOKEN="of-red")
    wait_until(lambda: not list(spool.glob("*/*.part")))
    kept = spool / directory_of(nobody, "of-red")
    assert len(list(kept.glob("*.spool"))) == 3

    sidecar = FakeSidecar(nobody)
    run_flow("failing", sidecar=nobody, HOW="fine", METAFLOW_WANDB_TOKEN="of-blue")
    assert len(list(kept.glob("*.spool"))) == 3
    run_flow("failing", sidecar=nobody, HOW="fine", METAFLOW_WANDB_TOKEN="of-red")
    wait_until(lambda: not list(kept.glob("*.spool")) and not list(kept.glob("*.part")))
    sidecar.stop()
    sent = {(each.open.task.flow_name, each.authorization) for each in sidecar.recordings}
    assert sent == {
        ("LinearFlow", "Bearer of-red"),
        ("FailingFlow", "Bearer of-red"),
        ("FailingFlow", "Bearer of-blue"),
    }


def test_kept_run_stores_and_prints_the_same(recorded, keep_flow, nobody):
    """Without a sidecar, with everything on, the flow's own results are those without us."""
    plain, kept = recorded("values"), keep_flow("values", "run", "--with", ALL, sidecar=nobody)
    assert stored_hashes(kept.root) == stored_hashes(plain.run.root)
    ours = lambda line: "metaflow-wandb:" in line  # noqa: E731
    printed = [line for line in without_prefix(kept.output) if not ours(line)]
    assert printed == without_prefix(plain.run.output)


def test_refused_run_is_kept(keep_flow, sidecar, spool):
    """Whatever the reason, if it may pass; one line a run tells the first."""
    codes = {"start": "UNAUTHENTICATED", "middle": "FAILED_PRECONDITION", "end": "UNAVAILABLE"}
    sidecar.refuse = lambda opened: (grpc.StatusCode[codes[opened.task.step_name]], "not now")
    run = keep_flow("values", "run", "--with", "wandb_log:others=True", sidecar=sidecar.address)
    (warning,) = run.warnings
    assert "UNAUTHENTICATED: not now; the flow runs on, and its data is kept in" in warning
    kept = spooled(spool)
    assert set(kept) == {"start", "middle", "end"}
    assert b"raw" in kept["start"].files["raw"]["raw.pkl"]


def test_refusal_of_what_is_sent_is_told(keep_flow, sidecar, spool):
    """It would be refused again, so nothing is kept; each task says so, in the sidecar's words."""
    sidecar.refuse = lambda _: (grpc.StatusCode.INVALID_ARGUMENT, "no such field")
    run = keep_flow("failing", sidecar=sidecar.address, HOW="fine")
    (warning,) = run.warnings
    assert "INVALID_ARGUMENT: no such field; the flow runs on but this task" in warning
    assert spooled(spool) == {}


def test_values_that_metaflow_has_stored_are_loaded_again(keep_flow, sidecar, spool):
    """The sidecar is lost when the values are Metaflow's already; the file has them yet."""
    sidecar.aborts_after = "close"
    refuse_after_first(sidecar)
    run = keep_flow("linear", sidecar=sidecar.address)
    assert len(run.warnings) == 1
    start = spooled(spool)["start"]
    frame = pd.read_parquet(io.BytesIO(start.files["raw_df"]["raw_df.parquet"]))
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    assert start.files["path"] == {"data.csv": b"a,b\n1,2\n"}
    assert start.close.outcome == pb.Close.OUTCOME_OK


def test_log_of_a_step_is_kept_with_it(keep_flow, nobody, spool):
    """Rows, config and files, in order, though no sidecar was ever there."""
    run = keep_flow("in_step_lazy", sidecar=nobody)
    assert len(run.warnings) == 1
    start = spooled(spool)["start"]
    assert [row["index"] for row in start.log.rows[1:4]] == [0, 1, 2]
    assert len(start.log.rows) == 1 + 3 + 4 * 50 + 1
    assert start.log.values("config") == {"width": 8, "depth": 2}
    assert len(start.log.all("artifact")) == 1
    assert start.close is not None


def test_what_does_not_fit_is_left_out_and_named(keep_flow, nobody, spool):
    """The payload goes, the rest of the attempt stays; the line tells what and why."""
    run = keep_flow("big", sidecar=nobody, METAFLOW_WANDB_SPOOL_MAX_BYTES="4000000")
    (warning,) = run.warnings
    assert "blob is left out: there is no room to keep it" in warning
    assert "METAFLOW_WANDB_SPOOL_MAX_BYTES" in warning
    start = spooled(spool)["start"]
    assert "may hold 4000000 bytes" in start.skipped["blob"]
    assert "may hold 4000000 bytes" in start.skipped["frame"]
    assert (start.files, start.kinds[-1]) == ({}, "close")
    assert start.path.stat().st_size < 100_000


def test_full_disk_costs_the_payload_only(keep_flow, nobody, spool):
    """The system refuses to write on in the middle of it."""
    run = keep_flow("big", sidecar=nobody, FILE_LIMIT=str(16 * 1024 * 1024))
    (warning,) = run.warnings
    assert "blob is left out: there is no room to keep it: file too large" in warning
    start = spooled(spool)["start"]
    assert "file too large" in start.skipped["blob"]
    assert "blob" not in start.files
    assert start.close is not None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"METAFLOW_WANDB_SPOOL": "/proc/spool"}, "no such file or directory: /proc/spool"),
        ({"METAFLOW_WANDB_SPOOL_MAX_BYTES": "0"}, "may hold 0 bytes"),
    ],
    ids=["read-only", "turned off"],
)
def test_task_that_can_not_be_kept_says_so(keep_flow, nobody, settings, reason):
    """Each in its one line, since the data of each is lost; the flow runs on."""
    run = keep_flow("values", "run", "--with", ALL, sidecar=nobody, **settings)
    assert len(run.warnings) == 3
    for warning in run.warnings:
        assert "nor can its data be kept" in warning
        assert reason in warning
        assert "this task is not logged" in warning


def test_killed_task_leaves_what_there_was(run_flow, nobody, spool):
    """Under a name that tells whose it is; a later run sends it as far as it goes."""
    run_flow("failing", sidecar=nobody, HOW="kill", check=False)
    (part,) = spool.glob("*/*.part")
    assert part.name.startswith("FailingFlow.")
    assert part.name.endswith(".part")
    sidecar = FakeSidecar(nobody)
    run_flow("failing", sidecar=nobody, HOW="fine")
    wait_until(lambda: not part.exists())
    wait_until(lambda: not list(spool.glob("*/*.part")))
    sidecar.stop()
    killed, whole = sorted(sidecar.by_step("start"), key=lambda each: each.close is not None)
    assert killed.open.spooled
    assert killed.close is None
    assert whole.close is not None
