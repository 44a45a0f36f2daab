"""Sends what waits: files that are damaged, refused, or somebody else's."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import BinaryIO

import grpc
import pytest
from support.spool_files import begin, directory_of, keep

from metaflow_wandb._spool import _forward, _sent_file, _waiting

HOST = socket.gethostname()


@pytest.fixture
def directory(sidecar, tmp_path, monkeypatch) -> Path:
    """Where what waits for `sidecar` is kept."""
    monkeypatch.setenv("METAFLOW_WANDB_SPOOL", str(tmp_path))
    monkeypatch.setenv("METAFLOW_WANDB_SIDECAR", sidecar.address)
    return tmp_path / directory_of(sidecar.address)


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.glob("*") if path.suffix != ".lock"}


def started(pid: int) -> int:
    """When a process began, in ticks since the boot."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


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
    """What comes before is sent; the file is put aside, with where it is damaged."""
    damaged, rubbish = keep(directory, "1"), directory / "rubbish.spool"
    for name, content in (
        ("empty", b""),
        ("begun", b"MFWSPL01"),
        ("zeros", b"MFWSPL01" + bytes(64)),
    ):
        (directory / f"{name}.spool").write_bytes(content)
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    rubbish.write_bytes(b"MFWSPL02 and so on")
    _forward.main()
    (recording,) = sidecar.recordings
    assert recording.snapshot is not None
    assert recording.close is None
    assert names(directory) == {"refused"}
    refused = directory / "refused"
    reasons = {path.name.split(".")[0]: path.read_text() for path in refused.glob("*.reason.txt")}
    assert len(names(refused)) == 2 * len(reasons) == 10
    assert "is cut or damaged; what comes before it was taken in" in reasons["F"]
    assert "does not begin as a spool file does" in reasons["rubbish"]
    assert "does not begin as a spool file does" in reasons["empty"]
    assert "it has no end" in reasons["begun"]
    assert "the record at byte 8 is cut or damaged" in reasons["zeros"]


def test_file_that_can_not_be_sent_holds_up_no_other(sidecar, directory, monkeypatch):
    """Neither one that can't be read nor one that the sidecar can't take now."""
    unreadable, refused = keep(directory, "1"), keep(directory, "2")
    keep(directory, "3")
    sidecar.refuse = lambda opened: (
        (grpc.StatusCode.INTERNAL, "not now") if opened.task.task_id == "2" else None
    )

    def opened(file: _waiting.WaitingFile) -> BinaryIO:
        if unreadable.stem in file.path:
            raise PermissionError(file.path)
        return open_waiting(file)

    open_waiting = _waiting.open_waiting
    monkeypatch.setattr(_sent_file, "open_waiting", opened)
    _forward.main()
    assert [each.key[1] for each in sidecar.recordings] == ["3"]
    assert names(directory) == {unreadable.name, refused.name}


def test_what_others_may_have_put_there_is_not_sent(sidecar, directory, tmp_path):
    """It would go out in this user's name: links, files and directories that others may change."""
    link, theirs = keep(directory, "1"), keep(directory, "2")
    link.rename(tmp_path / "target")
    link.symlink_to(tmp_path / "target")
    theirs.chmod(0o666)
    keep(directory, "3")
    directory.chmod(0o777)
    assert _waiting.waiting_files(str(directory)) == []
    directory.chmod(0o700)
    assert [
        Path(each.path).name.split(".")[3] for each in _waiting.waiting_files(str(directory))
    ] == ["3"]
    with pytest.raises(OSError, match="symbolic links"):
        _waiting.open_waiting(_waiting.WaitingFile(str(directory), link.name, link.stem))
    (directory / "forward.lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match="symbolic links"):
        _forward.main()
    assert not (tmp_path / "made").exists()


def test_killed_tasks_are_told_from_others_of_their_number(directory):
    """Neither a process that began later nor one that nobody has buried holds a file up."""
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    start, namespace = started(os.getpid()), os.stat("/proc/self/ns/pid").st_ino
    writers = {
        "own": f"{HOST}.{os.getpid()}.{start}.{namespace}",
        "unknown": f"{HOST}.{os.getpid()}.0.{namespace}",
        "earlier": f"{HOST}.{os.getpid()}.{start - 1}.{namespace}",
        "zombie": f"{HOST}.{zombie.pid}.{started(zombie.pid)}.{namespace}",
        "gone": f"{HOST}.{2**22 + 1}.{start}.{namespace}",
        "container": f"{HOST}.{2**22 + 1}.{start}.{namespace + 1}",
        "host": f"elsewhere.{2**22 + 1}.{start}.{namespace}",
    }
    for name, writer in writers.items():
        keep(directory, "1").rename(directory / f"{name}.{writer}.part")
    found = {Path(each.path).name.split(".")[0] for each in _waiting.waiting_files(str(directory))}
    assert found == {"earlier", "zombie", "gone"}
    zombie.wait()
    begin(directory, "2")
    (part,) = directory.glob("F.1.start.2.*.part")
    assert part.name.endswith(f".{writers['own']}.part")


def test_two_senders_are_kept_apart(sidecar, directory):
    """The second leaves everything to the first, and both what a task still writes."""
    writing = begin(directory, "1")
    keep(directory, "2")
    foreign = directory / f"F.1.start.3.0.00000000.elsewhere.{os.getpid()}.0.0.part"
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
