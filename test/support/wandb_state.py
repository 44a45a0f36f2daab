"""Prints what `wandb.Api()` finds of runs.

Reads a JSON list `[entity, project, run id]` a line and answers each with the
run as JSON on a line, or with `{"error": …}`.
"""

import json
import math
import sys

import wandb


def state(entity, project, run_id):
    # A new one each time: it keeps what it has seen.
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


def readable(value):
    """Write as text what JavaScript can't read exactly."""
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [readable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return f"float {value}"
    if isinstance(value, int) and abs(value) >= 2**53:
        return f"int {value}"
    return value


for line in sys.stdin:
    try:
        answer = json.dumps(readable(state(*json.loads(line))), default=str)
    except Exception as error:  # noqa: BLE001 - the test fails with it
        answer = json.dumps({"error": repr(error)})
    print(answer, flush=True)
