"""One stream, and a sidecar that goes away."""

from __future__ import annotations

import pytest
from support.fake_sidecar import FakeSidecar, unix_address

from metaflow_wandb._address import SidecarAddress
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._stream import TaskStream
from metaflow_wandb._stream_lost import StreamLostError


def address_of(target: str, **more) -> SidecarAddress:
    settings = {"token": "", "tls_ca": "", "tls_cert": "", "tls_key": "", "timeout_s": 5.0}
    path = target.removeprefix("unix:")
    where = {"target": target, "socket_path": path, "is_users_own": False, "may_be_starting": False}
    return SidecarAddress(**settings, **where | more)


def opened_by(stream: TaskStream) -> pb.Opened:
    stream.send(open=pb.Open())
    return stream.receive("opened")


def test_streams_to_a_sidecar_that_has_just_gone_end_at_once(tmp_path):
    """Each may be tried again; none is waited for as if the sidecar stood still."""
    target = unix_address(tmp_path)
    fake = FakeSidecar(target)
    first = TaskStream(address_of(target))
    first.send(open=pb.Open())
    fake.stop()
    for _ in range(3):
        stream = TaskStream(address_of(target))
        with pytest.raises(StreamLostError) as lost:
            opened_by(stream)
        assert (lost.value.retryable, lost.value.stood_still) == (True, False)
        stream.abandon()
    first.abandon()


def test_call_ends_with_the_last_answer(tmp_path):
    """The task need not wait for the sidecar once more."""
    fake = FakeSidecar(unix_address(tmp_path))
    stream = TaskStream(address_of(unix_address(tmp_path)))
    protocol = pb.ProtocolVersion(major=1, minor=1)
    stream.send(open=pb.Open(protocol=protocol, task=pb.TaskAttempt(flow_name="F")))
    stream.send(close=pb.Close(outcome=pb.Close.OUTCOME_OK))
    stream.receive("committed")
    with pytest.raises(StreamLostError) as end:
        stream.receive("stored")
    assert end.value.code == "OK"
    fake.stop()


def test_stream_that_may_wait_for_a_start_finds_the_sidecar_that_comes_back(tmp_path):
    """It is queued until somebody listens."""
    target = unix_address(tmp_path)
    stream = TaskStream(address_of(target, may_be_starting=True))
    protocol = pb.ProtocolVersion(major=1, minor=1)
    stream.send(
        open=pb.Open(protocol=protocol, task=pb.TaskAttempt(flow_name="F", step_name="start"))
    )
    fake = FakeSidecar(target)
    assert stream.receive("opened").enabled
    stream.abandon()
    fake.stop()
