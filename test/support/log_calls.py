"""Makes calls on a run with W&B's own client, and says which run that was.

Reads a JSON list of calls a line: `["define", name, summary, step metric]`,
`["log", values, step, commit]`, `["summary", values]`. Answers with
`[entity, project, run id]`.
"""

import json
import math
import sys

import wandb


def number(value):
    return {"NaN": math.nan, "Infinity": math.inf}.get(value, value) if isinstance(value, str) else value


def make(run, kind, *arguments):
    if kind == "define":
        name, summary, step_metric = arguments
        run.define_metric(name, summary=summary or None, step_metric=step_metric or None)
    elif kind == "log":
        values, step, commit = arguments
        run.log({key: number(value) for key, value in values.items()}, step=step, commit=commit)
    else:
        run.summary.update(arguments[0])


for line in sys.stdin:
    settings = wandb.Settings(console="off", silent=True, x_disable_stats=True)
    with wandb.init(project="calls", reinit="create_new", settings=settings) as run:
        for call in json.loads(line):
            make(run, *call)
        path = [run.entity, run.project, run.id]
    print(json.dumps(path), flush=True)
