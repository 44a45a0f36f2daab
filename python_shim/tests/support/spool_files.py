"""What a flow has left in its spool, read as the format says and not by the code that wrote it.

And attempts as tasks write them.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._spool._stream import SpoolStream
from support.step_log import StepLog


@dataclass
class Kept:
    """One attempt as its file holds it."""

    path: Path
    kinds: list[str] = field(default_factory=list)
    open: pb.Open = field(default_factory=pb.Open)
    snapshot: pb.Snapshot = field(default_factory=pb.Snapshot)
    close: pb.Close | None = None
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ended: dict[str, pb.PayloadEnd] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    log: StepLog = field(default_factory=StepLog)

    @property
    def key(self) -> tuple[str, str, int]:
        task = self.open.task
        return task.step_name, task.task_id, task.attempt

    @property
    def variables(self) -> dict[str, pb.Variable]:
        return {variable.name: variable for variable in self.snapshot.variables}

    def take(self, request: pb.RecordTaskRequest) -> None:
        kind = request.WhichOneof("message")
        message = getattr(request, kind)
        self.kinds.append(kind)
        if kind in ("open", "snapshot", "close"):
            setattr(self, kind, message)
        elif kind == "metrics":
            self.log.take(message)
        elif kind == "file_part":
            self.log.take_part(message)
        elif kind == "payload_end":
            self.ended[message.variable] = message
        elif kind == "payload_skipped":
            self.skipped[message.variable] = message.reason
        else:
            pieces = self.files.setdefault(message.variable, {})
            pieces[message.path] = pieces.get(message.path, b"") + message.data


def directory_of(address: str, token: str = "") -> str:
    """Return the name of the directory for the sidecar at an address."""

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    readable = re.sub(r"[^A-Za-z0-9.-]", "_", address)
    of_token = digest(f"{address}\n{token}") if token else "none"
    return f"{readable}.{digest(address)}.{of_token}"


def spooled(spool: Path) -> dict[str, Kept]:
    """Return what is whole below a directory, by step; each step has one attempt."""
    kept = [read(path) for path in sorted(spool.glob("*/*.spool"))]
    by_step = {each.key[0]: each for each in kept}
    assert len(by_step) == len(kept)
    return by_step


def read(path: Path) -> Kept:
    data = path.read_bytes()
    assert data[:8] == b"MFWSPL01"
    kept, at = Kept(path), 8
    while at < len(data):
        size, checksum = struct.unpack_from("<II", data, at)
        message = data[at + 8 : at + 8 + size]
        assert zlib.crc32(message) == checksum
        kept.take(pb.RecordTaskRequest.FromString(message))
        at += 8 + size
    return kept


def begin(directory: Path, task_id: str) -> SpoolStream:
    """Write what a task that runs would have written."""
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
