"""The spool's bounds, and files that are damaged, refused, or somebody else's."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from support.spool_files import directory_of

from metaflow_wandb import _run_mark
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._spool import _forward, _waiting
from metaflow_wandb._spool._budget import Budget, NoRoomError
from metaflow_wandb._spool._stream import SpoolStream
from metaflow_wandb._stream_lost import StreamLostError

HOST = socket.gethostname()
MIB = 1024 * 1024


@pytest.fixture
def directory(sidecar, tmp_path, monkeypatch) -> Path:
    """Where what waits for `sidecar` is kept."""
    monkeypatch.setenv("METAFLOW_WANDB_SPOOL", str(tmp_path))
    monkeypatch.setenv("METAFLOW_WANDB_SIDECAR", sidecar.address)
    return tmp_path / directory_of(sidecar.address)


def begin(directory: Path, task_id: str) -> SpoolStream:
    stream = SpoolStream(str(directory))
    task = pb.TaskAttempt(flow_name="F", run_id="1", step_name="start", task_id=task_id)
    options = [pb.LogOptions(others=True, enabled=True)]
    stream.send(open=pb.Open(protocol={"major": 1}, task=task, step_options=options))
    stream.send(snapshot=pb.Snapshot())
    return stream


def keep(directory: Path, task_id: str) -> Path:
    """Keep a whole attempt; return its file."""
    stream = begin(directory, task_id)
    stream.send(close=pb.Close(outcome=pb.Close.OUTCOME_OK))
    stream.receive("committed")
    (path,) = directory.glob(f"F.1.start.{task_id}.0.*.spool")
    return path


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.glob("*") if path.suffix != ".lock"}


def test_what_is_sent_is_removed_and_what_is_refused_is_put_aside(sidecar, directory):
    """With the reason beside it; one refusal holds up nothing else."""
    refused, sent = keep(directory, "1"), keep(directory, "2")
    sidecar.refuse = lambda opened: (
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too large") if opened.task.task_id == "1" else None
    )
    _forward.main()
    assert not sent.exists()
    assert [each.key[1] for each in sidecar.recordings] == ["2"]
    assert names(directory) == {"refused"}
    reason = directory / "refused" / f"{refused.stem}.reason.txt"
    assert reason.read_text() == "RESOURCE_EXHAUSTED: too large\n"
    assert (directory / "refused" / refused.name).exists()


def test_sidecar_that_can_not_take_them_leaves_all_files(sidecar, directory):
    """Under their names, for later."""
    kept = {keep(directory, "1").name, keep(directory, "2").name}
    sidecar.refuse = lambda _: (grpc.StatusCode.UNAVAILABLE, "disk full")
    _forward.main()
    assert names(directory) == kept


def test_damaged_file_counts_up_to_the_damage(sidecar, directory):
    """What comes before is sent, as of a task that was killed; a file of rubbish is put aside."""
    damaged, rubbish = keep(directory, "1"), directory / "rubbish.spool"
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    rubbish.write_bytes(b"MFWSPL02 and so on")
    _forward.main()
    (recording,) = sidecar.recordings
    assert recording.snapshot is not None
    assert recording.close is None
    assert names(directory) == {"refused"}
    assert names(directory / "refused") == {"rubbish.spool", "rubbish.reason.txt"}


def test_killed_tasks_are_told_from_others_of_their_number(sidecar, directory):
    """Neither a process that began later nor one that nobody has buried holds a file up."""
    keep(directory, "1").rename(directory / f"F.1.start.1.0.11111111.{HOST}.{os.getpid()}.part")
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    keep(directory, "2").rename(directory / f"F.1.start.2.0.22222222.{HOST}.{zombie.pid}.part")
    later = subprocess.Popen(["sleep", "60"])
    keep(directory, "3").rename(directory / f"F.1.start.3.0.33333333.{HOST}.{later.pid}.part")
    found = {waiting.path for waiting in _waiting.waiting_files(str(directory))}
    assert [Path(path).name.split(".")[3] for path in found] == ["2"]
    a_minute_ago = time.time() - 60
    assert not _waiting._lives(later.pid, a_minute_ago)
    later.kill()
    later.wait()
    zombie.wait()


def test_two_senders_are_kept_apart(sidecar, directory):
    """The second leaves everything to the first, and both what a task still writes."""
    writing = begin(directory, "1")
    keep(directory, "2")
    foreign = directory / f"F.1.start.3.0.00000000.elsewhere.{os.getpid()}.part"
    foreign.write_bytes(b"MFWSPL01")
    with _waiting.only_sender(str(directory)) as is_only_one:
        assert is_only_one
        _forward.main()
        assert sidecar.recordings == []
    _forward.main()
    assert [each.key[1] for each in sidecar.recordings] == ["2"]
    assert len(names(directory)) == 2
    assert foreign.exists()
    writing.abandon()


def test_disk_that_is_nearly_full_is_left_alone(tmp_path, monkeypatch):
    """Some of it stays free, whatever the spool may hold."""
    disk = SimpleNamespace(f_frsize=4096, f_blocks=1 << 28, f_bavail=520 * MIB // 4096)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    budget = Budget(str(tmp_path))
    budget.take(6 * MIB, is_optional=True)
    disk.f_bavail -= 6 * MIB // 4096
    with pytest.raises(NoRoomError, match="nearly full"):
        budget.take(2 * MIB, is_optional=True)
    # What ends an attempt still fits.
    budget.take(MIB // 2)


def test_bound_holds_over_what_others_have_written(directory, monkeypatch):
    """The spool's files count, those of other sidecars too; then nothing more is kept."""
    monkeypatch.setenv("METAFLOW_WANDB_SPOOL_MAX_BYTES", str(2 * MIB))
    keep(directory, "1")
    other = directory.parent / "own"
    other.mkdir()
    (other / "file.spool").write_bytes(bytes(2 * MIB))
    with pytest.raises(StreamLostError, match="nor can its data be kept") as lost:
        keep(directory, "2")
    assert "may hold 2097152 bytes" in str(lost.value)


def test_log_that_does_not_fit_is_cut_before_an_unfinished_file(directory, told):
    """The rest of the attempt goes on, and the line tells."""
    stream = begin(directory, "1")
    size = stream._begun().size_bytes
    stream.send(file_part=pb.FilePart(file_id=1, data=b"x"))
    stream._begun()._budget._left_bytes = 0
    stream._begun()._budget._max_bytes = 100
    stream.send(file_part=pb.FilePart(file_id=1, data=b"x" * 200, end_of_file=True))
    stream.send(metrics=pb.Metrics())
    assert stream._begun().size_bytes == size
    stream.abandon()
    from metaflow_wandb._warn import say_all

    say_all()
    assert "what the step logged itself is kept in part only" in told[0]


def test_mark_that_can_not_be_written_is_no_failure(tmp_path, monkeypatch):
    """The disk that it is on is full; the task tells by itself, and is kept where there is room."""
    mark = tmp_path / "mark"
    mark.touch()
    monkeypatch.setenv(_run_mark.VARIABLE, str(mark))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        assert _run_mark.note_failure(stood_still=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert mark.read_bytes() == b""


def test_one_task_a_minute_tries_a_sidecar_that_stood_still(tmp_path, monkeypatch):
    """The others don't wait meanwhile; once it is answered, all may."""
    mark = tmp_path / "mark"
    mark.touch()
    monkeypatch.setenv(_run_mark.VARIABLE, str(mark))
    monkeypatch.setattr(_run_mark, "_tries_for_others", False)
    assert _run_mark.note_failure(stood_still=True)
    assert _run_mark.stood_still_lately()
    long_ago = time.time() - 100
    os.utime(mark, (long_ago, long_ago))
    assert not _run_mark.stood_still_lately()
    _run_mark.take_turn()
    assert _run_mark.stood_still_lately()
    _run_mark.note_answer()
    assert not _run_mark.stood_still_lately()
    # It was told already that the sidecar could not be reached.
    assert not _run_mark.note_failure(stood_still=False)
