"""Prints, as JSON, the lineage of a project as `wandb.Api()` finds it.

usage: lineage_state.py PROJECT
"""

import json
import os
import sys

import wandb


def main(project: str) -> None:
    api = wandb.Api(timeout=30)
    path = f"{os.environ['WANDB_ENTITY']}/{project}"
    runs, artifacts = {}, {}
    for run in api.runs(path):
        logged, used = list(run.logged_artifacts()), list(run.used_artifacts())
        runs[run.id] = {
            "pathspec": run.config["metaflow"]["pathspec"],
            "logged": sorted(each.qualified_name for each in logged),
            "used": sorted(each.qualified_name for each in used),
        }
        artifacts.update({each.qualified_name: each for each in (*logged, *used)})
    print(
        json.dumps(
            {
                "runs": runs,
                "artifacts": {
                    name: {
                        "loggedBy": artifact.logged_by().id,
                        "usedBy": sorted(run.id for run in artifact.used_by()),
                    }
                    for name, artifact in artifacts.items()
                },
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
