"""Prints, as JSON, what W&B holds of a project, without what differs from run to run.

python snapshot.py ENTITY/PROJECT PREFIX

PREFIX, the directory of the flow, becomes `{flows}` in the config.
"""

import json
import re
import sys

import requests
import wandb

EXIT_CODE = """query Run($entity: String!, $project: String!, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) { exitcode } }
}"""


def main(project: str, prefix: str) -> None:
    """Prints the runs of a project, in an order that doesn't depend on time."""
    api = wandb.Api(timeout=30)
    runs = [described(api, run, prefix) for run in api.runs(project)]
    print(json.dumps({"runs": sorted(runs, key=lambda run: json.dumps(run, sort_keys=True))}, sort_keys=True))


def described(api: wandb.Api, run, prefix: str) -> dict:
    """One run."""
    marks = run.rawconfig.get("_wandb", {})
    marks = marks.get("value", marks).get("t", {})
    return {
        "job_type": run.job_type,
        "group": re.sub(r"/\d+$", "/{run_id}", run.group or ""),
        "state": run.state,
        "exit_code": exit_code(api, run),
        "imports_metaflow": 13 in marks.get("1", []),
        "feature_metaflow": 11 in marks.get("3", []),
        "config": {key: plain(value, prefix) for key, value in run.config.items() if not key.startswith("_")},
        "summary": {
            key: plain(value, prefix) for key, value in run.summary.items() if not key.startswith("_")
        },
        "artifacts": sorted((artifact(a) for a in run.logged_artifacts()), key=lambda a: a["name"]),
        "uses": sorted({f"{a.type}/{a.name.rpartition(':')[0]}" for a in run.used_artifacts()}),
    }


def artifact(version: wandb.Artifact) -> dict:
    """Name, type and files of a version that a run logged."""
    return {
        "name": version.name.rpartition(":")[0],
        "type": version.type,
        "files": sorted(version.manifest.entries),
    }


def exit_code(api: wandb.Api, run) -> int | None:
    """Exit code of a run, which the client has no name for."""
    answer = requests.post(
        f"{api.settings['base_url']}/graphql",
        json={
            "query": EXIT_CODE,
            "variables": {"entity": run.entity, "project": run.project, "run": run.id},
        },
        auth=("api", api.api_key or ""),
        timeout=30,
    )
    answer.raise_for_status()
    return answer.json()["data"]["project"]["run"]["exitcode"]


def plain(value, prefix: str):
    """The client's wrappers as plain JSON; floats to nine digits, since libraries differ in the last ones."""
    if hasattr(value, "items"):
        return {key: plain(item, prefix) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, prefix) for item in value]
    if isinstance(value, float):
        return float(f"{value:.9g}")
    return value.replace(prefix, "{flows}") if isinstance(value, str) else value


if __name__ == "__main__":
    main(*sys.argv[1:])
