"""The parts of logging in a step, each on its own."""

from __future__ import annotations

import json
import pickle
import sys
import types
from pathlib import Path

import pytest
from support.step_log import StepLog

from metaflow_wandb import run
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep import _sender, _sent_log
from metaflow_wandb._instep._attempt_key import attempt_key
from metaflow_wandb._instep._sender import LogSender
from metaflow_wandb._instep._strict_json import ValueTooLargeError, strict_json, strict_json_text
from metaflow_wandb._instep._task_run import RunIdentity, TaskRun
from metaflow_wandb._instep._wandb_patch import WandbPatch
from metaflow_wandb._stream_lost import StreamLostError

KNOWN_KEYS = Path(__file__).parents[2] / "test" / "support" / "attempt-keys.json"
IDENTITY = RunIdentity("id", "name", "group", "job", "project", "")


class FakeTransport:
    """Keeps what is sent, and breaks when it is told to."""

    timeout_s = 1.0
    spools = False

    def __init__(self):
        self.sender = None
        self.log = StepLog()
        self.fails = []

    def send(self, message):
        if self.fails:
            raise self.fails.pop()
        if message.HasField("metrics"):
            self.log.take(message.metrics)
        else:
            self.log.take_part(message.file_part)

    def replace(self):
        self.log = StepLog()
        self.sender.replay(self.send)

    def restart_wait_s(self):
        return self.timeout_s

    def fall_back(self, lost):
        raise lost


@pytest.fixture
def transport():
    transport = FakeTransport()
    transport.sender = LogSender(transport)
    yield transport
    transport.sender.close()


@pytest.fixture
def step_run(transport):
    """A run of the client's, as a step has it."""
    from metaflow_wandb._instep._wandb_run import StepRun

    step_run = StepRun(TaskRun(IDENTITY, transport.sender, lambda: None, {"lr": 1}), None)
    yield step_run
    step_run.end_with_step()


def test_key_of_an_attempt_is_that_of_the_sidecar():
    """The sidecar's own tests hold its function to the same file."""
    for known in json.loads(KNOWN_KEYS.read_text()):
        task = known["task"]
        message = pb.TaskAttempt(
            metadata_provider=task["metadataProvider"],
            flow_name=task["flowName"],
            run_id=task["runId"],
            step_name=task["stepName"],
            task_id=task["taskId"],
            attempt=task["attempt"],
        )
        assert attempt_key(message) == known["key"]


def test_json_is_strict():
    """Non-finite numbers are text; what is too much for the sidecar is refused here."""
    assert strict_json({"a": [float("nan"), float("-inf")], "NaN": 1}) == (
        '{"a": ["NaN", "-Infinity"], "NaN": 1}'
    )
    assert strict_json_text('{"a": "NaN"}') == '{"a": "NaN"}'
    looped = []
    looped.append(looped)
    deep = json.loads("[" * 300 + "]" * 300)
    for value in (looped, deep, "x" * (9 * 1024 * 1024)):
        with pytest.raises(ValueTooLargeError):
            strict_json(value)


def test_value_that_is_too_large_is_left_out_alone(step_run, transport, told):
    """The rest of the row arrives, and one line says what didn't."""
    step_run.log({"huge": "x" * (9 * 1024 * 1024), "small": 1})
    step_run.finish()
    assert transport.log.rows == [{"small": 1}]
    assert "huge is not logged" in told[0]


def test_vanished_file_is_left_out(step_run, transport, tmp_path, told):
    """An artifact whose file is gone is not logged; the step goes on."""
    import wandb

    file = tmp_path / "file.txt"
    file.write_text("x")
    artifact = wandb.Artifact("gone", type="t")
    artifact.add_file(str(file), policy="immutable")
    file.unlink()
    step_run.log_artifact(artifact)
    step_run.log({"after": 1})
    step_run.finish()
    assert transport.log.kinds() == ["history"]
    assert "artifact gone is not logged" in told[0]


def test_parameters_may_be_written_over_and_other_values_not(step_run):
    """A parameter in the config must not turn a step's own use of it into an error."""
    from wandb.sdk.lib.config_util import ConfigError

    step_run.config.lr = 2
    step_run.config.depth = 1
    with pytest.raises(ConfigError):
        step_run.config.depth = 2
    assert dict(step_run.config)["lr"] == 2


def test_run_can_be_stored_by_metaflow(step_run):
    """A run on `self` is pickled without its stream, and read back as nobody's."""
    again = pickle.loads(pickle.dumps(step_run))
    again.log({"a": 1})
    assert again.id == "id"
    again.end_with_step()


def test_watched_model_can_be_pickled_after_the_step(step_run, transport, monkeypatch):
    """Gradients are logged, and the hooks that log them go with the step."""
    import torch
    import wandb

    monkeypatch.setattr(wandb, "run", step_run)
    model = torch.nn.Linear(2, 1)
    step_run.watch(model, log="all", log_freq=1)
    model(torch.ones(1, 2)).sum().backward()
    step_run.log({"loss": 1})
    step_run.end_with_step()
    transport.sender.flush()
    logged = {key for row in transport.log.rows for key in row}
    assert {"gradients/weight", "parameters/weight", "loss"} <= logged
    pickle.dumps(model)


def test_more_than_is_kept_of_a_log_is_not_sent_again(transport, monkeypatch):
    """The failure says so, instead of a stream that begins in the middle."""
    monkeypatch.setattr(_sent_log, "_MAX_BYTES", 1000)
    task_run = TaskRun(IDENTITY, transport.sender, lambda: None, {})
    task_run.log({"a": '"' + "x" * 2000 + '"'}, None, None)
    task_run.flush()
    transport.fails = [StreamLostError("gone", retryable=True)]
    task_run.log({"b": "1"}, None, None)
    task_run.flush()
    assert "too much" in str(transport.sender.failure)
    assert task_run.drops


def test_files_are_sent_in_pieces(transport, monkeypatch, tmp_path):
    """None larger than the sidecar takes, an empty file included."""
    monkeypatch.setattr(_sender, "_PART_BYTES", 4)
    task_run = TaskRun(IDENTITY, transport.sender, lambda: None, {})
    for name, data in (("a", b"0123456789"), ("b", b"")):
        (tmp_path / name).write_bytes(data)
        with open(tmp_path / name, "rb") as file:
            task_run.log_file(name, file)
    task_run.flush()
    assert (transport.log.file("a"), transport.log.file("b")) == (b"0123456789", b"")


def test_client_that_lacks_what_is_needed_is_left_alone(monkeypatch, told):
    """One line says so, and its functions are its own."""
    old = types.ModuleType("wandb")
    old.__dict__.update(run=None, log=len, init=len, login=len, __version__="0.1")
    monkeypatch.setitem(sys.modules, "wandb", old)
    before = dict(vars(old))
    patch = WandbPatch(lambda: None)
    patch.install()
    assert vars(old) == before
    patch.remove()
    assert vars(old) == before
    assert "wandb 0.1 is left alone" in told[0]


def test_run_of_no_step_takes_everything_but_mistakes():
    """Outside a step, or where it is not logged, code that logs runs all the same."""
    run.log({"a": 1})
    run.config["a"] = 1
    run.summary.update(b=2)
    run.define_metric("a", summary="min")
    assert (dict(run.config), dict(run.summary), run.url, run.id) == ({}, {}, "", "")
    with pytest.raises(TypeError):
        run.log({"a": object()})
    with pytest.raises(ValueError, match="largest"):
        run.define_metric("a", summary="largest")
