"""Flows of every shape, run without and with the decorator, all against one real sidecar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pytest
from support.both_ways import Command, Side, run_side
from support.real_sidecar import RealSidecar
from support.wandb_tasks import WandbTask, tasks_of

FLOWS = Path(__file__).parent / "flows"
RUN = Command()


class Shape(NamedTuple):
    """How a flow is run; `logged_env` is for the decorated way alone."""

    flow: str
    commands: tuple[Command, ...] = (RUN,)
    logged_env: Mapping[str, str] = {}


def _script(name: str) -> Shape:
    return Shape(name, (Command(()),))


SHAPES = {
    "linear": Shape("linear", (RUN, Command(("--no-pylint", "spin", "end")))),
    "nested": Shape("nested", (Command((*RUN.arguments, "--tag", "mine")),)),
    "winding": Shape("winding"),
    "mishaps": Shape("mishaps", (RUN, Command(("--no-pylint", "resume"), {"MENDED": "1"}))),
    "decorated": Shape("decorated"),
    "family": Shape("family"),
    "parametrised": Shape(
        "parametrised", (RUN,), {"WANDB_RUN_GROUP": "some group", "WANDB_JOB_TYPE": "some job"}
    ),
    "run_from_python": _script("run_from_python"),
    "run_in_notebook": _script("run_in_notebook"),
    "from_outside": Shape(
        "undecorated",
        (RUN,),
        {"METAFLOW_DECOSPECS": "wandb_log:others=True", "WANDB_MODE": "offline"},
    ),
    "awkward": Shape("awkward"),
    "every_type": Shape("every_type"),
}


def of(*names: str) -> pytest.MarkDecorator:
    """Name the shapes that a test is shown."""
    return pytest.mark.parametrize("shape", names, indirect=True)


@dataclass
class Shown:
    """A shape's two ways, and what W&B holds of the decorated one."""

    name: str
    plain: Side
    logged: Side
    _env: dict[str, str]

    @cached_property
    def tasks(self) -> dict[str, WandbTask]:
        return tasks_of(self.name, self._env)


@pytest.fixture
def shape(request: pytest.FixtureRequest, shown: dict[str, Shown]) -> Shown:
    """The shape that the test asks for by name, with `of`."""
    return shown[request.param]


@pytest.fixture(scope="session")
def real_sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSidecar]:
    sidecar = RealSidecar(tmp_path_factory.mktemp("sidecar"))
    yield sidecar
    sidecar.stop()


@pytest.fixture(scope="session")
def shown(
    request: pytest.FixtureRequest,
    real_sidecar: RealSidecar,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Shown]:
    """Every shape that a selected test asks for; two flows run at a time."""
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    names = {call.params["shape"] for call in calls if call and "shape" in call.params}
    root = tmp_path_factory.mktemp("shapes")

    def side(name: str, way: str) -> Side:
        flow, commands, logged_env = SHAPES[name]
        env = {"PLAIN": "1"}
        if way == "logged":
            env = {**real_sidecar.flow_environment(), "WANDB_PROJECT": name, **logged_env}
        return run_side(FLOWS / f"{flow}.py", commands, root / f"{name}-{way}", env)

    with ThreadPoolExecutor(2) as pool:
        sides = {
            (name, way): pool.submit(side, name, way)
            for name in SHAPES
            if name in names
            for way in ("plain", "logged")
        }
    real_sidecar.release_held()
    real_sidecar.drain()
    env = real_sidecar.reader_environment()
    result = lambda name, way: sides[name, way].result()  # noqa: E731
    return {name: Shown(name, result(name, "plain"), result(name, "logged"), env) for name in names}
