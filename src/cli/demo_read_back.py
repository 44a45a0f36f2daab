"""Reads what the demo's flow logged with W&B's client, prints it, and checks it against the flow's own data.

Run by `metaflow-wandb demo`. What the flow computed comes from Metaflow's own
datastore; the two ways share nothing but the flow.
"""

import os
import pickle
import sys
import tempfile
from pathlib import Path

import pandas as pd
import wandb
from metaflow import Flow, namespace

FLOW = "HousePricesByStep"


def main() -> None:
    """Prints what landed; exits with 1 and a list where something is not as the flow computed it."""
    namespace(None)
    flow_run = Flow(FLOW).latest_run
    if flow_run is None:
        sys.exit(f"Metaflow has no run of {FLOW} in its datastore.")
    api = wandb.Api(timeout=30)
    project = f"{os.environ['WANDB_ENTITY']}/{os.environ['WANDB_PROJECT']}"
    runs = {
        run.name: run for run in api.runs(project, {"group": f"{FLOW}/{flow_run.id}"}, order="+created_at")
    }

    print_runs(runs)
    print_artifacts(runs)
    print_lineage(runs)

    problems = compare(flow_run, runs)
    print()
    if problems:
        print("Not as the flow computed it:", *problems, sep="\n  - ")
        sys.exit(1)
    print("Every parameter, value, dataset, model and edge is as the flow computed it.")


def print_runs(runs: dict) -> None:
    """One line a W&B run."""
    rows = [
        (
            run.name,
            run.state,
            run.job_type,
            ", ".join(user_keys(run.config)),
            ", ".join(user_keys(run.summary)),
        )
        for run in runs.values()
    ]
    table(
        f"Runs of the group {next(iter(runs.values())).group if runs else '?'}",
        ("run", "state", "job type", "config", "summary"),
        rows,
    )


def print_artifacts(runs: dict) -> None:
    """One line an artifact version."""
    rows = [
        (
            f"{artifact.name} ({artifact.type})",
            run.name,
            ", ".join(sorted(file.name for file in artifact.files())),
        )
        for run in runs.values()
        for artifact in run.logged_artifacts()
    ]
    table("Artifact versions", ("artifact", "made by", "files"), rows)


def print_lineage(runs: dict) -> None:
    """One line an edge: who made a version, who used it."""
    rows = [
        (artifact.name, made_by.name if (made_by := artifact.logged_by()) else "?", run.name)
        for run in runs.values()
        for artifact in run.used_artifacts()
    ]
    table("Lineage", ("artifact", "made by", "used by"), rows)


def compare(flow_run, runs: dict) -> list[str]:
    """What differs between Metaflow's datastore and W&B, one line each."""
    problems: list[str] = []

    def expect(condition: bool, text: str) -> None:
        if not condition:
            problems.append(text)

    tasks = {f"{step.id}/{task.id}": task for step in flow_run for task in step if step.id != "end"}
    expect(set(runs) == set(tasks), f"runs {sorted(runs)} instead of {sorted(tasks)}")
    for name in set(runs) & set(tasks):
        run, task = runs[name], tasks[name]
        expect(run.state == "finished", f"{name} is {run.state}")
        expect(run.job_type == task.parent.id, f"{name} has job type {run.job_type}")
        for parameter in ("seed", "test_share", "data"):
            expect(run.config.get(parameter) == task[parameter].data, f"{name}: parameter {parameter}")
        compare_step(run, task, expect)
    return problems


def compare_step(run, task, expect) -> None:
    """Compares what a step of this flow is known to assign and to read."""
    step = task.parent.id
    made = {artifact.name.split(":")[0]: artifact for artifact in run.logged_artifacts()}
    used = sorted(artifact.name.split(":")[0] for artifact in run.used_artifacts())
    if step == "start":
        for name in ("houses", "train_rows", "test_rows"):
            same = name in made and load(made[name], f"{name}.parquet", pd.read_parquet).equals(
                task[name].data
            )
            expect(same, f"{run.name}: dataset {name}")
        expect(plain(run.summary.get("strengths")) == task["strengths"].data, f"{run.name}: strengths")
        expect(used == [], f"{run.name} used {used}")
    if step == "fit":
        same = "model" in made and load(made["model"], "model.pkl", unpickle).coef_.tolist()
        expect(same == task["model"].data.coef_.tolist(), f"{run.name}: model")
        expect(run.summary.get("strength") == task["strength"].data, f"{run.name}: strength")
        expect(used == ["train_rows"], f"{run.name} used {used}")
    if step == "choose":
        same = "best_model" in made and load(made["best_model"], "best_model.pkl", unpickle).coef_.tolist()
        expect(same == task["best_model"].data.coef_.tolist(), f"{run.name}: best_model")
        expect(plain(run.summary.get("scores")) == task["scores"].data, f"{run.name}: scores")
        expect(used == ["model", "model", "model", "test_rows"], f"{run.name} used {used}")


def load(artifact, file_name: str, read):
    """Downloads one file of an artifact and reads it."""
    with tempfile.TemporaryDirectory() as directory:
        return read(artifact.get_entry(file_name).download(root=directory))


def unpickle(path: str):
    """Loads a pickle; of the demo's own making, so safe to run."""
    return pickle.loads(Path(path).read_bytes())


def plain(value):
    """The client's summary wrappers as plain dicts and lists."""
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def user_keys(mapping) -> list[str]:
    """Keys that are not W&B's own."""
    return [key for key in sorted(mapping.keys()) if not key.startswith("_")]


def table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Prints rows in columns."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, tuple("-" * width for width in widths), *rows]:
        print(
            "  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


if __name__ == "__main__":
    main()
