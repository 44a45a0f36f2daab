"""Fixtures: a fake sidecar, and real Metaflow flows run against it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.fake_artifacts import fill
from support.fake_sidecar import FakeSidecar, unix_address
from support.spool_files import directory_of
from xdist.scheduler import LoadFileScheduling

from metaflow_wandb._spool._waiting import only_sender
from metaflow_wandb._spool_place import make_private

FLOWS = Path(__file__).parent / "flows"

_SHAPES = "tests/shapes/"


class _OneUnitPerFixture(LoadFileScheduling):
    """Keeps tests together that look at the same runs of flows: no process runs them again."""

    def _split_scope(self, nodeid: str) -> str:
        head, found, _ = nodeid.partition(_SHAPES)
        return head + found if found else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Say how test processes share the tests."""
    return _OneUnitPerFixture(config, log)


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


@dataclass
class Recorded:
    """A run of a flow and the sidecar that recorded it; to be read, not changed."""

    run: FlowRun
    sidecar: FakeSidecar


@contextlib.contextmanager
def served() -> Iterator[FakeSidecar]:
    # A socket's path is limited to some 100 characters, which a tmp_path may exceed.
    with tempfile.TemporaryDirectory(prefix="mfw") as directory:
        fake = FakeSidecar(unix_address(Path(directory)))
        fill(fake.artifacts)
        try:
            yield fake
        finally:
            fake.stop()
    assert fake.broken == []


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    """A sidecar of the test's own, to be made to misbehave."""
    with served() as fake:
        yield fake


@pytest.fixture
def run_flow(tmp_path: Path) -> Callable[..., FlowRun]:
    """Run `flows/NAME.py` in a process of its own, with an empty HOME."""

    def run(
        name: str, *arguments: str, sidecar: str = "", check: bool = True, **env: str
    ) -> FlowRun:
        return run_in(tmp_path, name, arguments, sidecar, check, env)

    return run


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where a flow keeps what it can't send."""
    return tmp_path / "home" / ".metaflow-wandb" / "spool"


@pytest.fixture
def keep_flow(run_flow, spool) -> Iterator[Callable[..., FlowRun]]:
    """Run a flow whose launcher leaves what is kept where it is, until the test ends."""
    with contextlib.ExitStack() as held:

        def run(name: str, *arguments: str, sidecar: str, **more) -> FlowRun:
            directory = spool / directory_of(sidecar)
            if not directory.exists():
                (spool.parent.parent).mkdir(exist_ok=True)
                make_private(str(directory))
                assert held.enter_context(only_sender(str(directory)))
            return run_flow(name, *arguments, sidecar=sidecar, **more)

        yield run


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recorded]:
    """Run a flow against a well-behaved sidecar, once for all tests that look at it."""
    known: dict[object, Recorded] = {}

    def record(name: str, *arguments: str, check: bool = True, **env: str) -> Recorded:
        key = (name, arguments, frozenset(env.items()))
        if key not in known:
            with served() as fake:
                directory = tmp_path_factory.mktemp(name)
                run = run_in(directory, name, arguments, fake.address, check, env)
                known[key] = Recorded(run, fake)
        return known[key]

    return record


def run_in(
    directory: Path,
    name: str,
    arguments: tuple[str, ...],
    sidecar: str,
    check: bool,
    env: dict[str, str],
) -> FlowRun:
    root, settings = flow_environment(directory, sidecar)
    done = subprocess.run(
        flow_command(name, arguments),
        env=settings | env,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=directory,
    )
    finished = FlowRun(done.returncode, done.stdout, done.stderr, root)
    if check:
        assert done.returncode == 0, finished.output
    return finished


def flow_command(name: str, arguments: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, str(FLOWS / f"{name}.py"), "--no-pylint", *(arguments or ("run",))]


def flow_environment(directory: Path, sidecar: str) -> tuple[Path, dict[str, str]]:
    """Return where a flow's data goes, and an environment with an empty HOME."""
    home, root = directory / "home", directory / "store"
    home.mkdir(exist_ok=True)
    root.mkdir(exist_ok=True)
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("METAFLOW_", "WANDB_"))
    }
    clean |= {
        "HOME": str(home),
        # @parallel starts its nodes as `python`. Nothing there starts a sidecar.
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(root),
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_USER": "tester",
        "METAFLOW_WANDB_TIMEOUT": "60",
    }
    if sidecar:
        clean["METAFLOW_WANDB_SIDECAR"] = sidecar
    return root, clean


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """Lines that this process prints, none held back for another that came before."""
    lines: list[str] = []
    never_said = SimpleNamespace(is_set=lambda: False, set=lambda: None)
    monkeypatch.setattr("metaflow_wandb._warn._said", never_said)
    monkeypatch.setattr("metaflow_wandb._warn._print", lines.append)
    return lines
