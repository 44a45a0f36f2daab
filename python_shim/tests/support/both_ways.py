"""One flow, run without the decorator and with it, and what Metaflow then holds of each run."""

from __future__ import annotations

import gzip
import json
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from support.real_sidecar import bare_environment

_FLOW_TIMEOUT_S = 240
_LOG_PREFIX = re.compile(r"^\[MFLOG\|[^\]]*\]", re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d [\d:.]+ ")
_NUMBERS = re.compile(r"\d+(\.\d+)?")
# They differ between two plain runs too, but for the first, which lists the decorators.
_NOT_COMPARED = {"_graph_info", "_control_mapper_tasks", "included", "module"}
# How many tasks were under way when another failed is a matter of chance, and
# threads that clone tasks write into one another's lines.
_BY_CHANCE = ("Terminating", "Flushing", "Cloning previously run task")


class Command(NamedTuple):
    """What is typed after `python FILE`, and what it does to the environment."""

    arguments: tuple[str, ...] = ("--no-pylint", "run")
    env: Mapping[str, str] = {}


class Done(NamedTuple):
    """How a command ended."""

    exit_code: int
    output: str

    def lines(self, root: Path) -> Counter:
        """Return what was on the screen, in any order, without times, ids and directories."""
        lines = _TIME.sub("", self.output.replace(str(root), "ROOT")).splitlines()
        told = (line for line in lines if not any(word in line for word in _BY_CHANCE))
        return Counter(_NUMBERS.sub("N", line) for line in told if line.strip())

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.output.splitlines() if "metaflow-wandb:" in line]


class Attempt(NamedTuple):
    """What Metaflow's datastore holds of one attempt of a task."""

    run: str
    step: str
    task: str
    attempt: int
    hashes: frozenset[tuple[str, str]]
    stdout: str
    stderr: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.run, self.step, self.task, self.attempt


@dataclass
class Side:
    """One of the two ways: its commands' ends, and the datastore that they share."""

    root: Path
    done: list[Done]

    def attempts(self) -> list[Attempt]:
        """Return all attempts of all tasks whose data is stored, cloned ones too."""
        found = self.root.glob(".metaflow/*/*/*/*/*.data.json")
        return [_attempt(path) for path in found if path.parent.parent.name != "_parameters"]

    def names(self, step: str) -> set[str]:
        """Return what the last attempt of a step that has one task stored."""
        return {name for name, _ in self._last(step).hashes}

    def stored_by(self, step: str, name: str) -> object:
        """Return one value of it."""
        return self.value(dict(self._last(step).hashes)[name])

    def _last(self, step: str) -> Attempt:
        return max((each for each in self.attempts() if each.step == step), key=lambda a: a.key)

    def value(self, content_hash: str) -> object:
        """Return a value as Metaflow stored it."""
        (blob,) = self.root.glob(f".metaflow/*/data/*/{content_hash}")
        return pickle.loads(gzip.decompress(blob.read_bytes()))

    def screen(self) -> list[Counter]:
        """Return what each command showed."""
        return [each.lines(self.root) for each in self.done]

    def stored(self) -> Counter:
        """Return what each attempt stored, told apart by step and attempt alone."""
        return Counter((each.step, each.attempt, each.hashes) for each in self.attempts())

    def printed(self) -> Counter:
        """Return what each attempt printed."""
        return Counter(
            (each.step, each.attempt, each.stdout, each.stderr) for each in self.attempts()
        )


def run_side(path: Path, commands: tuple[Command, ...], root: Path, env: Mapping[str, str]) -> Side:
    """Run commands one after the other in a directory and a datastore of their own."""
    root.mkdir(parents=True)
    environment = bare_environment(root) | {
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(root),
        "PYTHONHASHSEED": "0",
        **env,
    }
    done = []
    for command in commands:
        ended = subprocess.run(
            [sys.executable, str(path), *command.arguments],
            env=environment | dict(command.env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FLOW_TIMEOUT_S,
            cwd=root,
        )
        done.append(Done(ended.returncode, ended.stdout + ended.stderr))
    return Side(root, done)


def _attempt(path: Path) -> Attempt:
    number = path.name.partition(".")[0]
    run, step, task = path.parts[-4:-1]
    objects = json.loads(path.read_text())["objects"]
    hashes = {(name, each) for name, each in objects.items() if name not in _NOT_COMPARED}
    out, err = (_log(path.with_name(f"{number}.task_{kind}.log")) for kind in ("stdout", "stderr"))
    return Attempt(run, step, task, int(number), frozenset(hashes), out, err)


def _log(path: Path) -> str:
    return _LOG_PREFIX.sub("", path.read_text()) if path.exists() else ""
