"""Takes runs up again."""

import json

import wandb
from wandb.errors import Error


def attempt(**options):
    try:
        wandb.init(project="p", **options).finish()
        return "ran"
    except Error as error:
        return type(error).__name__


with wandb.init(project="p", id="again", config={"a": 1}, tags=["kept"], notes="kept too") as run:
    for value in range(3):
        run.log({"x": value})

with wandb.init(project="p", id="again", resume="must", config={"b": 2}) as run:
    resumed = [run.resumed, run.starting_step, run.summary["x"], list(run.tags or ()), run.notes]
    run.log({"x": 3})

with wandb.init(project="p", id="anew") as run:
    for value in range(3):
        run.log({"y": value})
with wandb.init(project="p", id="anew") as run:
    run.log({"y": 9})

answers = {
    "resumed": resumed,
    "never": attempt(id="again", resume="never"),
    "must": attempt(id="nothing-there", resume="must"),
    "allow": attempt(id="new-one", resume="allow"),
}
api = wandb.Api()
again = api.run("p/again")
answers["history"] = [[row["_step"], row["x"]] for row in again.scan_history(keys=["x"])]
answers["config"] = again.config
answers["anew"] = sorted(row["y"] for row in api.run("p/anew").scan_history(keys=["y"]))
print(json.dumps(answers))
