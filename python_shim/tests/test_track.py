"""`wandb_track` and `wandb_use`: answers, and a run that the caller holds."""

from __future__ import annotations

import pathlib

import pandas as pd
import pytest
import torch
import wandb

from metaflow_wandb import wandb_track, wandb_use


@pytest.mark.parametrize(
    ("value", "flag", "tracked", "used"),
    [
        (pd.DataFrame(), "datasets", "pd.DataFrame", "datasets"),
        (pathlib.Path(), "datasets", "Path", "datasets"),
        (torch.nn.Linear(1, 1), "models", "nn.Module", "models"),
        (b"other", "others", "generic", "others"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_testing_answers(value, flag, tracked, used):
    """As W&B's own integration answers, by class and flag."""
    assert wandb_track("v", value, testing=True, **{flag: True}) == tracked
    assert wandb_track("v", value, testing=True, **{flag: False}) is None
    assert wandb_use("v", value, testing=True, **{flag: True}) == used
    assert wandb_use("v", value, testing=True, **{flag: False}) is None


def test_base_values_are_tracked_and_never_used():
    """Flags don't matter."""
    assert wandb_track("v", {"a": 1}, testing=True) == "scalar"
    assert wandb_use("v", {"a": 1}, others=True, testing=True) is None


def test_without_a_run_there_is_an_error():
    """It says what to pass."""
    with pytest.raises(ValueError, match="run="):
        wandb_track("v", 1)
    with pytest.raises(ValueError, match="run="):
        wandb_use("v", b"", others=True)


class Recorder:
    """A run that keeps what it is given."""

    def __init__(self):
        self.logged, self.artifacts, self.used = [], [], []

    def log(self, row):
        self.logged.append(row)

    def log_artifact(self, artifact):
        self.artifacts.append(artifact)

    def use_artifact(self, name):
        self.used.append(name)
        if name.startswith("unknown"):
            raise wandb.errors.CommError("no such artifact")


def test_values_are_logged_to_the_run(tmp_path):
    """With the names, types and files of W&B's integration."""
    run = Recorder()
    (tmp_path / "f.txt").write_text("f")
    wandb_track("n", 1, run=run)
    wandb_track("df", pd.DataFrame({"a": [1]}), datasets=True, run=run)
    wandb_track("mixed", pd.DataFrame({"a": [1, object]}), datasets=True, run=run)
    wandb_track("net", torch.nn.Linear(1, 1), models=True, run=run)
    wandb_track("dir", tmp_path, datasets=True, run=run)
    wandb_track("off", b"", run=run)
    assert run.logged == [{"n": 1}]
    held = [(a.name, a.type, sorted(a.manifest.entries)) for a in run.artifacts]
    assert held == [
        ("df", "dataset", ["df.parquet"]),
        ("mixed", "dataset", ["mixed.pkl"]),
        ("net", "model", ["net.pkl"]),
        ("dir", "dataset", ["f.txt"]),
    ]


def test_latest_version_is_used():
    """An unknown artifact is passed over."""
    run = Recorder()
    assert wandb_use("known", b"", others=True, run=run) is None
    assert wandb_use("unknown", b"", others=True, run=run) is None
    assert run.used == ["known:latest", "unknown:latest"]
