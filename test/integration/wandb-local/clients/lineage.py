"""Makes a chain of runs and artifacts and walks it in both directions."""

import json

import wandb
from wandb.apis.public import Run


def artifact(name, kind, text):
    made = wandb.Artifact(name, kind)
    with made.new_file("f.txt") as file:
        file.write(text)
    return made


with wandb.init(project="p", id="prepare") as run:
    run.log_artifact(artifact("data", "dataset", "1")).wait()
for name in ("train-a", "train-b"):
    with wandb.init(project="p", id=name) as run:
        run.use_artifact("data:v0")
        run.log_artifact(artifact(f"model-{name}", "model", name)).wait()
with wandb.init(project="elsewhere", id="evaluate") as run:
    run.use_artifact("p/model-train-a:latest")
    run.use_artifact("p/data:latest")

api = wandb.Api()
data = api.artifact("p/data:v0")
maker = data.logged_by()
assert isinstance(maker, Run)
print(
    json.dumps(
        {
            "made_by": maker.id,
            "used_by": sorted(run.id for run in data.used_by()),
            "inputs": sorted(a.name for a in api.run("elsewhere/evaluate").used_artifacts()),
            "outputs": [a.name for a in api.run("p/train-b").logged_artifacts()],
            "unused": [run.id for run in api.artifact("p/model-train-b:v0").used_by()],
        }
    )
)
