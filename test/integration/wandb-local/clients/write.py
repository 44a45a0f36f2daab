"""Logs artifacts one after another, printing each version and its content once it was acknowledged."""

import sys

import wandb

with wandb.init(project="p", id=f"w{sys.argv[2]}") as run:
    for index in range(int(sys.argv[1])):
        text = f"{sys.argv[2]} {index}"
        made = wandb.Artifact("kept", "dataset")
        with made.new_file("f.txt") as file:
            file.write(text)
        print(f"{run.log_artifact(made).wait().version}={text}", flush=True)
        run.log({"x": index})
print("[]")
