"""What W&B's client finds of a project: a run for each task attempt, under a readable name."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wandb


@dataclass
class WandbTask:
    """The W&B run of a task attempt."""

    run: Any
    facts: dict[str, Any]
    summary: dict[str, Any]
    rows: list[dict[str, Any]]
    logged: dict[str, Any]
    used: list[Any]

    @property
    def state(self) -> str:
        return self.run.state

    @property
    def config(self) -> dict[str, Any]:
        return self.run.config

    @property
    def left_out(self) -> dict[str, str]:
        return self.facts.get("left_out", {})

    @property
    def attempt(self) -> tuple[str, str, str, int]:
        return (
            self.facts["run_id"],
            self.facts["step"],
            self.facts["task_id"],
            self.facts["attempt"],
        )

    def load_artifacts(self, directory: Path) -> dict[str, Any]:
        """Return the pickled ones that it logged."""
        loaded = {}
        for variable, artifact in self.logged.items():
            root = artifact.download(directory / artifact.id)
            loaded[variable] = pickle.loads(Path(root, f"{variable}.pkl").read_bytes())
        return loaded

    def everything(self) -> str:
        """Return all that W&B shows of it, but for the contents of artifacts, as one text."""
        return json.dumps([dict(self.config), self.summary, self.rows], default=str)


def tasks_of(project: str, env: dict[str, str]) -> dict[str, WandbTask]:
    """Return the W&B runs of a project: `step`, `step[outer index,inner index]`, `step#attempt`.

    What a resumed run made is `resumed step`; further tasks of a step that
    repeats itself are `step~2` and so on.
    """
    server = {"base_url": env["WANDB_BASE_URL"], "entity": env["WANDB_ENTITY"]}
    api = wandb.Api(overrides=server, api_key=env["WANDB_API_KEY"], timeout=30)
    runs = sorted(api.runs(f"{server['entity']}/{project}"), key=_by_age)
    seen: Counter[str] = Counter()
    tasks = {}
    for run in runs:
        name = _name(run.config["metaflow"])
        seen[name] += 1
        tasks[name if seen[name] == 1 else f"{name}~{seen[name]}"] = _task(run)
    return tasks


def edges_of(tasks: dict[str, WandbTask]) -> set[str]:
    """Return the edges among tasks, each as `consumer < producer:variable`."""
    names = {task.attempt: name for name, task in tasks.items()}
    return {
        f"{name} < {names[_maker(artifact)]}:{artifact.metadata['variable']}"
        for name, task in tasks.items()
        for artifact in task.used
    }


def _maker(artifact: Any) -> tuple[str, str, str, int]:
    _, run, step, task = artifact.metadata["pathspec"].split("/")
    return run, step, task, artifact.metadata["attempt"]


def _by_age(run: Any) -> tuple[str, int, int]:
    facts = run.config["metaflow"]
    return facts["run_id"], int(facts["task_id"].partition("_")[0]), facts["attempt"]


def _name(facts: dict[str, Any]) -> str:
    indices = ",".join(str(frame["index"]) for frame in facts.get("foreach", ()))
    name = f"resumed {facts['step']}" if facts.get("origin_run_id") else facts["step"]
    name += f"[{indices}]" if indices else ""
    return name + (f"#{facts['attempt']}" if facts["attempt"] else "")


def _task(run: Any) -> WandbTask:
    return WandbTask(
        run=run,
        facts=run.config["metaflow"],
        summary=dict(run.summary._json_dict),
        rows=list(run.scan_history()),
        logged={each.metadata["variable"]: each for each in run.logged_artifacts()},
        used=list(run.used_artifacts()),
    )
