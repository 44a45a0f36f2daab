"""The spool's bounds, and what tasks tell one another of it."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.spool_files import begin, keep

from metaflow_wandb import _run_mark
from metaflow_wandb._autostart import _spawn
from metaflow_wandb._child_environment import with_absolute_paths
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._spool import _budget
from metaflow_wandb._spool._budget import Budget, NoRoomError
from metaflow_wandb._stream_lost import StreamLostError

MIB = 1024 * 1024


@pytest.fixture
def directory(tmp_path) -> Path:
    """Where attempts are kept."""
    return tmp_path / "spool" / "own"


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
    other = directory.parent / "host_50051"
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


def test_files_are_bounded_in_number(directory, monkeypatch):
    """Each task looks through all of them; what is kept already may go on."""
    monkeypatch.setattr(_budget, "_MAX_FILES", 2)
    keep(directory, "1")
    first = begin(directory, "2")
    with pytest.raises(StreamLostError, match="holds 2 files, which are the most"):
        keep(directory, "3")
    first.send(close=pb.Close())
    first.receive("committed")


def test_user_without_a_home_is_told_so(directory, monkeypatch):
    """Nothing is written to a directory named ~ where the step happens to run."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.delenv("METAFLOW_WANDB_SPOOL", raising=False)
    with pytest.raises(StreamLostError, match="no home directory"):
        keep(directory, "1")
    assert not directory.exists()
    monkeypatch.setenv("METAFLOW_WANDB_SPOOL", str(directory.parent))
    keep(directory, "1")


def test_paths_mean_the_same_to_programs_started_elsewhere(tmp_path, monkeypatch):
    """The directory and files for TLS are as seen from the flow's directory."""
    monkeypatch.chdir(tmp_path)
    paths = {"METAFLOW_WANDB_SPOOL": "kept", "METAFLOW_WANDB_TLS_CA": "/ca.pem", "OTHER": "a"}
    monkeypatch.setenv("METAFLOW_WANDB_TLS_KEY", "../key.pem")
    expected = {**paths, "METAFLOW_WANDB_SPOOL": str(tmp_path / "kept")}
    assert with_absolute_paths(paths) == expected
    assert _spawn._environment()["METAFLOW_WANDB_TLS_KEY"] == str(tmp_path.parent / "key.pem")
