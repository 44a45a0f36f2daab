"""Prints, as JSON, what `wandb.Api()` finds of a flow's latest run, and whether it is what the flow stored.

usage: e2e_state.py FILE FLOW PROJECT

The flow's own values come from Metaflow's datastore by Metaflow's client; each
artifact is downloaded, loaded as a user would, and compared with them.
"""

import json
import math
import os
import pathlib
import pickle
import runpy
import sys
import tempfile

import wandb
from metaflow import Flow, Task, namespace


def main(file: str, flow: str, project: str) -> None:
    namespace(None)
    # What a flow's script pickled is named after __main__, which is this script here.
    module = runpy.run_path(
        str(pathlib.Path(__file__).parent.parent / "e2e" / "flows" / file), run_name="flow"
    )
    vars(sys.modules["__main__"]).update(
        {name: value for name, value in module.items() if isinstance(value, type)}
    )
    latest = Flow(flow).latest_run
    assert latest is not None
    api = wandb.Api(timeout=30)
    path = f"{os.environ['WANDB_ENTITY']}/{project}"
    runs = api.runs(path, {"config.metaflow.run_id": latest.id}, order="+created_at")
    states = {run.config["metaflow"]["pathspec"].split("/", 2)[2]: state(run) for run in runs}
    print(json.dumps(strict(states)))


def strict(value):
    """Writes NaN and the infinities as texts, which JSON outside Python knows."""
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strict(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def state(run) -> dict:
    logged = list(run.logged_artifacts())
    return {
        "state": run.state,
        "name": run.name,
        "group": run.group,
        "jobType": run.job_type,
        "tags": run.tags,
        "config": dict(run.config),
        "summary": {key: value for key, value in run.summary._json_dict.items() if key != "_wandb"},
        "rows": list(run.scan_history()),
        "host": run.metadata.get("host") if run.metadata else None,
        "program": run.metadata.get("program") if run.metadata else None,
        "logged": {artifact.name: artifact_state(artifact) for artifact in logged},
        "used": sorted(maker(artifact) for artifact in run.used_artifacts()),
    }


def maker(artifact) -> str:
    """`step:variable` of the task that logged an artifact version."""
    return f"{artifact.metadata['pathspec'].split('/')[2]}:{artifact.metadata['variable']}"


def artifact_state(artifact) -> dict:
    variable = artifact.metadata["variable"]
    stored = Task(artifact.metadata["pathspec"])[variable].data
    with tempfile.TemporaryDirectory() as root:
        artifact.download(root)
        files = sorted(str(p.relative_to(root)) for p in pathlib.Path(root).rglob("*") if p.is_file())
        equal = loads_back_equal(stored, pathlib.Path(root), files)
    return {
        "type": artifact.type,
        "aliases": sorted(artifact.aliases),
        "files": files,
        "metadata": artifact.metadata,
        "equal": equal,
        "logged_by": artifact.logged_by().id,
        "used_by": sorted(run.name for run in artifact.used_by()),
    }


def loads_back_equal(stored, root: pathlib.Path, files: list) -> bool:
    """Loads the artifact in the way its kind is loaded and compares it with the step's value."""
    if isinstance(stored, pathlib.Path):
        if stored.is_file():
            return files == [stored.name] and (root / files[0]).read_bytes() == stored.read_bytes()
        wanted = {str(p.relative_to(stored)): p.read_bytes() for p in stored.rglob("*") if p.is_file()}
        return {name: (root / name).read_bytes() for name in files} == wanted
    (name,) = files
    if of(stored, "polars", "DataFrame"):
        return sys.modules["polars"].read_parquet(root / name).equals(stored)
    if name.endswith(".parquet"):
        loaded = sys.modules["pandas"].read_parquet(root / name)
        return (loaded.iloc[:, 0] if of(stored, "pandas", "Series") else loaded).equals(stored)
    if of(stored, "torch.nn", "Module"):
        torch = sys.modules["torch"]
        loaded = torch.load(root / name, weights_only=False)
        return all(torch.equal(a, b) for a, b in zip(loaded.parameters(), stored.parameters(), strict=True))
    loaded = pickle.loads((root / name).read_bytes())
    if hasattr(stored, "get_params"):
        return type(loaded) is type(stored) and loaded.coef_.tolist() == stored.coef_.tolist()
    if of(stored, "pandas", "DataFrame"):
        return loaded.equals(stored)
    same = loaded == stored
    return bool(same.all()) if hasattr(same, "all") else bool(same)


def of(value, module: str, name: str) -> bool:
    """Say whether a value is of a class; a library that nobody imported yet has none of its values."""
    return module in sys.modules and isinstance(value, getattr(sys.modules[module], name))


if __name__ == "__main__":
    main(*sys.argv[1:])
