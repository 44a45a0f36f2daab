"""Fixtures: a fake sidecar, and real Metaflow flows run against it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.fake_sidecar import FakeSidecar, unix_address

FLOWS = Path(__file__).parent / "flows"


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    # A socket's path is limited to some 100 characters, which tmp_path may exceed.
    with tempfile.TemporaryDirectory(prefix="mfw") as directory:
        fake = FakeSidecar(unix_address(Path(directory)))
        yield fake
        fake.stop()
    assert fake.broken == []


@dataclass
class FlowRun:
    """A finished run of a flow, and where its data is."""

    returncode: int
    stdout: str
    stderr: str
    root: Path

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.output.splitlines() if "metaflow-wandb:" in line]


RunFlow = Callable[..., FlowRun]


@pytest.fixture
def run_flow(tmp_path: Path) -> RunFlow:
    """Run `flows/NAME.py` in a process of its own, with an empty HOME."""

    def run(
        name: str, *arguments: str, sidecar: str = "", check: bool = True, **env: str
    ) -> FlowRun:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        root = tmp_path / env.pop("store", "store")
        root.mkdir(exist_ok=True)
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("METAFLOW_", "WANDB_"))
        }
        clean |= {
            "HOME": str(home),
            # @parallel starts its nodes as `python`.
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(root),
            "METAFLOW_DEFAULT_DATASTORE": "local",
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_USER": "tester",
            "METAFLOW_WANDB_TIMEOUT": "5",
        }
        if sidecar:
            clean["METAFLOW_WANDB_SIDECAR"] = sidecar
        command = [
            sys.executable,
            str(FLOWS / f"{name}.py"),
            "--no-pylint",
            *(arguments or ("run",)),
        ]
        done = subprocess.run(
            command, env=clean | env, capture_output=True, text=True, timeout=240, cwd=tmp_path
        )
        finished = FlowRun(done.returncode, done.stdout, done.stderr, root)
        if check:
            assert done.returncode == 0, finished.output
        return finished

    return run
