"""Logs a run offline and brings it over with `wandb sync`."""

import glob
import json
import os
import subprocess
import sys

import wandb
from wandb.apis.public import Run

with wandb.init(project="p", id="off", mode="offline", config={"a": 1}) as run:
    run.log({"x": 1})
    run.log({"x": 2})
    made = wandb.Artifact("brought", "dataset")
    with made.new_file("f.txt") as file:
        file.write("offline")
    run.log_artifact(made)

folder = glob.glob(os.path.join(os.environ["WANDB_DIR"], "wandb", "offline-run-*-off"))[0]
subprocess.run(
    [sys.executable, "-m", "wandb", "sync", folder],
    check=True,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
api = wandb.Api()
run = api.run("p/off")
maker = api.artifact("p/brought:latest").logged_by()
assert isinstance(maker, Run)
print(
    json.dumps(
        {
            "state": run.state,
            "config": run.config,
            "x": [row["x"] for row in run.scan_history(keys=["x"])],
            "artifact": [
                maker.id,
                api.artifact("p/brought:v0").aliases,
            ],
        }
    )
)
