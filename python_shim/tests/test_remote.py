"""Tasks on other machines, which have nothing but Metaflow's code package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from metaflow import plugins
from support.fake_sidecar import FakeSidecar

from metaflow_wandb import _ship

FLOW = Path(__file__).parent / "flows" / "waiting.py"
SECRETS = {
    "METAFLOW_WANDB_TOKEN": "token-never-shipped",
    "WANDB_API_KEY": "key-never-shipped",
}


@dataclass
class Worker:
    """A directory that a code package was extracted to, as a container's is."""

    directory: Path
    packages: Path

    def run_step(self, *missing: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `start` there with an interpreter that knows neither this package nor `missing`."""
        site = self.packages / ("without-" + "-".join(missing) if missing else "all")
        link_packages(site, {"metaflow", "metaflow_wandb", "metaflow_extensions", *missing})
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "METAFLOW_USER": "worker",
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(self.directory),
            "PYTHONPATH": f"{self.directory / '.mf_code'}:{site}",
            **more,
        }
        step = [sys.executable, "-S", self.directory / FLOW.name, "--quiet", "--no-pylint"]
        step += ["--datastore=local", "--metadata=local"]
        task = ["--run-id", "1", "--task-id", "1"]
        run = lambda *arguments: subprocess.run(  # noqa: E731
            [*step, *arguments],
            env=environment,
            cwd=self.directory,
            text=True,
            capture_output=True,
            timeout=120,
        )
        prepared = run("init", "--run-id", "1", "--task-id", "0")
        assert prepared.returncode == 0, prepared.stderr
        return run("step", "start", *task, "--input-paths", "1/_parameters/0")


def link_packages(site: Path, left_out: set[str]) -> None:
    """Make a directory that holds this environment's packages but for some."""
    site.mkdir(parents=True, exist_ok=True)
    for installed in map(Path, sys.path):
        if installed.name != "site-packages":
            continue
        for package in installed.iterdir():
            name = package.name.partition("-")[0].partition(".")[0]
            if name not in left_out and package.suffix != ".pth" and "metaflow" not in name:
                target = site / package.name
                if not target.exists():
                    target.symlink_to(package)


@pytest.fixture
def package(tmp_path) -> Callable[..., Worker]:
    """Save a flow's code package with settings of a launcher's, and extract it."""

    def save(**launcher: str) -> Worker:
        archive = tmp_path / "package.tgz"
        (tmp_path / ".git").mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "WANDB_"))}
        subprocess.run(
            [sys.executable, FLOW, "--no-pylint", "package", "save", str(archive)],
            env=kept | {"HOME": str(tmp_path), "METAFLOW_USER": "tester", **SECRETS, **launcher},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=120,
        )
        directory = tmp_path / "worker"
        with tarfile.open(archive) as content:
            content.extractall(directory, filter="data")
        return Worker(directory, tmp_path / "packages")

    return save


def test_code_package_is_all_that_a_worker_needs(package):
    """It carries the shim, the sidecar's address and the run's settings; no secret, no sidecar."""
    # 0.0.0.0 stands for an address that other machines reach.
    fake = FakeSidecar("0.0.0.0:0")
    address = fake.address.replace("127.0.0.1", "0.0.0.0")
    worker = package(METAFLOW_WANDB_SIDECAR=address, WANDB_ENTITY="team", WANDB_TAGS="a,b")

    done = worker.run_step(METAFLOW_WANDB_TOKEN="the-worker's-own", WANDB_TAGS="mine")
    fake.stop()

    assert done.returncode == 0, done.stderr
    assert "metaflow-wandb:" not in done.stdout + done.stderr
    start = fake.one("start")
    assert start.close is not None
    assert start.authorization == "Bearer the-worker's-own"
    environment = start.open.environment
    assert dict(environment.wandb_env) == {"WANDB_ENTITY": "team", "WANDB_TAGS": "mine"}
    # As at the launcher, whose repository is not there; a worker's directory says nothing.
    assert environment.derived_project == worker.directory.parent.name

    shipped = [path for path in worker.directory.rglob("*") if path.is_file()]
    assert not [path for path in shipped if "metaflow_wandb_sidecar" in path.parts]
    for secret in SECRETS.values():
        assert not [path for path in shipped if secret.encode() in path.read_bytes()]


def test_files_are_looked_at_for_one_step_however_many_are_decorated():
    """Metaflow resolves each path anew for each step that gives it."""
    kind = next(each for each in plugins.STEP_DECORATORS if each.name == "wandb_log")
    decorators = [kind(attributes={}, statically_defined=True) for _ in range(3)]
    flow = [SimpleNamespace(decorators=[each]) for each in decorators]
    for each in decorators:
        each.step_init(flow, None, "step", None, None, None, None)
    assert [bool(each.add_to_package()) for each in decorators] == [True, False, False]


@pytest.mark.parametrize("missing", ["grpc", "google"])
def test_worker_without_grpc_runs_the_step_and_says_what_to_install(package, missing):
    """One line, and the step's own exit code."""
    done = package(METAFLOW_WANDB_SIDECAR="0.0.0.0:9").run_step(missing)
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "metaflow-wandb:" in line]
    assert len(warnings) == 1, done.stderr
    assert "pip install grpcio protobuf" in warnings[0]


@pytest.mark.parametrize(
    ("address", "shipped"),
    [
        ("sidecar.internal:50051", True),
        ("[2001:db8::1]:50051", True),
        ("127.0.0.1:50051", False),
        ("localhost:50051", False),
        ("[::1]:50051", False),
        ("unix:/run/sidecar.sock", False),
        ("", False),
    ],
)
def test_only_an_address_that_means_the_same_elsewhere_is_shipped(monkeypatch, address, shipped):
    """Loopback on a worker is another sidecar's, or a stranger's."""
    monkeypatch.setenv("METAFLOW_WANDB_SIDECAR", address)
    settings = _ship.settings_to_ship()
    assert settings.get("METAFLOW_WANDB_SIDECAR") == (address if shipped else None)
    assert "TOKEN" not in json.dumps(settings)
