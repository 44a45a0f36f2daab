"""What a step logs itself, kept in a file: late threads, and what can't be sent again."""

from __future__ import annotations

import io
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.spool_files import read

from metaflow_wandb._address import sidecar_address
from metaflow_wandb._delivery import Delivery
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._sender import LogSender
from metaflow_wandb._instep._sent_log import SentLog
from metaflow_wandb._instep._session_transport import SessionTransport
from metaflow_wandb._reach import Route
from metaflow_wandb._stream_lost import StreamLostError
from metaflow_wandb._warn import say_all

MIB = 1024 * 1024
OPEN = pb.Open(task=pb.TaskAttempt(flow_name="F", run_id="1", step_name="start", task_id="1"))


@pytest.fixture
def directory(tmp_path) -> Path:
    """Where attempts are kept."""
    return tmp_path / "spool" / "own"


def begun(directory: Path, replay=lambda _: None) -> Delivery:
    """Return a delivery that goes to a file."""
    delivery = Delivery(Route(sidecar_address(), str(directory), "no sidecar"), replay)
    delivery.begin(OPEN)
    return delivery


def finish(delivery: Delivery, directory: Path) -> list[str]:
    """End the attempt; return the kinds of the messages that were kept of it."""
    delivery.stream().send(close=pb.Close(outcome=pb.Close.OUTCOME_OK))
    delivery.stream().receive("committed")
    (path,) = directory.glob("*.spool")
    return read(path).kinds


class Paused(io.BytesIO):
    """A file whose second part is read only once it may be."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.is_read, self.may_go_on = threading.Event(), threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            self.is_read.set()
            self.may_go_on.wait(60)
        return super().read(size)


def test_file_that_a_thread_sends_ends_with_the_step(directory):
    """What the thread still has to send comes between no other messages of the attempt."""
    delivery = begun(directory)
    sender = LogSender(SessionTransport(1.0, delivery))
    file = Paused(bytes(3 * MIB))
    thread = threading.Thread(target=sender.send_file, args=(file,))
    thread.start()
    assert file.is_read.wait(60)
    sender.close()
    delivery.stream().send(snapshot=pb.Snapshot())
    file.may_go_on.set()
    thread.join()
    assert finish(delivery, directory) == ["open", "snapshot", "close"]


def test_threads_write_one_record_at_a_time(directory):
    """Whichever comes first, each record is whole."""
    delivery = begun(directory)

    def write(file_id: int) -> None:
        for _ in range(20):
            part = pb.FilePart(file_id=file_id, data=bytes(100_000))
            delivery.stream().send(file_part=part)

    threads = [threading.Thread(target=write, args=(each,)) for each in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert finish(delivery, directory).count("file_part") == 160


def test_log_that_can_not_be_sent_again_is_dropped_whole(directory, told):
    """No rest of a file and no entry that names one that isn't there; the values are kept."""

    def replay(send: Callable[[pb.RecordTaskRequest], None]) -> None:
        send(pb.RecordTaskRequest(metrics=pb.Metrics()))
        raise StreamLostError("there was too much of it")

    delivery = begun(directory, replay)
    stream = delivery.stream()
    stream.send(file_part=pb.FilePart(file_id=1, data=b"rest", end_of_file=True))
    stream.send(metrics=pb.Metrics(entries=[pb.LogEntry(file={"path": "a", "file_id": 1})]))
    stream.send(snapshot=pb.Snapshot())
    assert finish(delivery, directory) == ["open", "snapshot", "close"]
    say_all()
    assert "what the step logged itself is lost: there was too much of it" in told[0]


def test_copy_that_does_not_fit_on_the_disk_costs_the_step_nothing():
    """It can't be sent again then; what is sent once goes on."""
    sent = SentLog()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, before[1]))
    try:
        for _ in range(800):
            sent.add(pb.RecordTaskRequest(file_part=pb.FilePart(file_id=1, data=bytes(5_000))))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not sent.is_whole
    assert list(sent.messages()) == []
