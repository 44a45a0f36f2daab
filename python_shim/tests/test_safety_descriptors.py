"""A connection whose descriptors somebody closes is given back before, or left alone after."""

from __future__ import annotations

import os

import pytest

from metaflow_wandb._address import sidecar_address
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._stream import TaskStream
from metaflow_wandb._stream_lost import StreamLostError


@pytest.fixture
def stream(sidecar, monkeypatch):
    monkeypatch.setenv("METAFLOW_WANDB_SIDECAR", sidecar.address)
    stream = TaskStream(sidecar_address())
    task = pb.TaskAttempt(flow_name="F", step_name="s")
    options = [pb.LogOptions(enabled=True)]
    stream.send(open=pb.Open(protocol={"major": 1}, task=task, step_options=options))
    stream.receive("opened")
    yield stream
    stream.abandon()


def test_closing_a_range_gives_the_connection_back_first(stream):
    """A new one may then be made, and `os.closerange` is Python's own again."""
    patched = os.closerange
    os.closerange(1 << 20, (1 << 20) + 1)
    assert os.closerange is patched.__wrapped__
    with pytest.raises(StreamLostError, match="the step closed the connection") as lost:
        stream.send(snapshot=pb.Snapshot())
    assert lost.value.retryable


def test_closed_connection_is_not_touched(stream):
    """Descriptors that went unnoticed, one by one, may be the step's files by now."""
    os.close(stream._sentinel._descriptor)
    with pytest.raises(StreamLostError, match="the step closed the connection") as lost:
        stream.send(snapshot=pb.Snapshot())
    assert not lost.value.retryable
    stream.close()
    # Had the call been cancelled, it would have ended.
    assert not stream._ended.wait(0.5)


def test_forked_child_closes_its_own(stream):
    """The parent's connection is as good as before."""
    child = os.fork()
    if child == 0:
        os.closerange(3, 4096)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    stream.send(snapshot=pb.Snapshot())
    assert stream.receive("plan") is not None
