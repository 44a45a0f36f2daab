"""Changes and queries runs through the public API."""

import json

import wandb
from wandb.errors import Error

for index in range(4):
    with wandb.init(
        project="q", id=f"q{index}", group=f"g{index % 2}", config={"n": index}, tags=[f"t{index}"]
    ) as run:
        run.log({"loss": 10 - index})

api = wandb.Api()


def ids(filters=None, order="+created_at"):
    return [run.id for run in wandb.Api().runs("q", filters=filters, order=order, per_page=2)]


run = api.run("q/q1")
run.config["n"] = 100
run.summary["extra"] = "s"
run.tags.append("added")
run.name = "renamed"
run.update()
changed = wandb.Api().run("q/q1")
answers = {
    "changed": [
        changed.config["n"],
        changed.summary["extra"],
        changed.summary["loss"],
        changed.tags,
        changed.name,
    ],
    "state_kept": changed.state,
    "all": ids(),
    "count": len(api.runs("q")),
    "group": ids({"group": "g0"}),
    "config": ids({"config.n": {"$gte": 3}}),
    "config_value": ids({"config.n.value": 2}),
    "summary": ids({"$or": [{"summary_metrics.loss": {"$lt": 8}}, {"display_name": {"$regex": "^ren"}}]}),
    "tags": ids({"tags": {"$in": ["t2", "t3"]}}),
    "order": ids(order="-summary_metrics.loss"),
    "projects": [project.name for project in api.projects()],
}
api.run("q/q0").delete()
api.create_project("made", "local")
answers["after"] = [ids(), sorted(project.name for project in wandb.Api().projects())]
try:
    wandb.Api().run("q/q0")
except (ValueError, Error) as error:
    answers["gone"] = "Could not find run" in str(error)
print(json.dumps(answers))
