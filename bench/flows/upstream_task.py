"""What W&B's integration does at the end of a task: a run with three values and one small artifact."""

import pickle
import sys

import wandb

with wandb.init(group="Bench/1", job_type="step") as run:
    for at in range(3):
        run.log({f"value_{at}": at / 2})
    artifact = wandb.Artifact("made", type="other")
    with artifact.new_file("made.pkl", "wb") as file:
        pickle.dump(f"content {sys.argv[1]}", file)
    run.log_artifact(artifact)
