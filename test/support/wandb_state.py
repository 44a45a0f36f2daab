"""Prints as JSON what `wandb.Api()` finds of a run: `wandb_state.py ENTITY PROJECT RUN`."""

import json
import sys

import wandb


def main(entity, project, run_id):
    api = wandb.Api()
    run = api.run(f"{entity}/{project}/{run_id}")
    return {
        "state": run.state,
        "name": run.name,
        "group": run.group,
        "jobType": run.job_type,
        "tags": run.tags,
        "notes": run.notes,
        "host": run.metadata and run.metadata.get("host"),
        "metadata": run.metadata,
        "commit": run.commit,
        "config": run.config,
        "rawConfig": run.rawconfig,
        "summary": run.summary._json_dict,
        "history": list(run.scan_history()),
        "logged": [artifact(item) for item in run.logged_artifacts()],
        "used": sorted(item.qualified_name for item in run.used_artifacts()),
        "files": sorted(item.name for item in run.files()),
    }


def artifact(item):
    return {
        "name": item.qualified_name,
        "type": item.type,
        "aliases": sorted(item.aliases),
        "metadata": item.metadata,
        "files": {path: entry.size for path, entry in item.manifest.entries.items()},
    }


print(json.dumps(main(*sys.argv[1:]), default=str))
