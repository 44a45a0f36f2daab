"""Logs a run in every way and reads it back."""

import json
import math
import pathlib

import wandb

note = pathlib.Path("note.txt")
note.write_text("kept")
with wandb.init(
    project="p",
    id="r1",
    name="nice",
    group="G",
    job_type="train",
    tags=["a", "b"],
    notes="n",
    config={"lr": 0.1, "deep": {"x": [1, 2]}},
    settings=wandb.Settings(console="wrap", host="elsewhere"),
) as run:
    for step in range(5):
        run.log({"loss": 1 / (step + 1), "in": {"ner": step}, "big": 2**60 + step})
    run.log({"loss": math.nan})
    run.log({"page": wandb.Html("<b>hello</b>")})
    run.summary["best"] = 0.25
    run.save("note.txt", policy="now")
    print("a line of output")

failing = wandb.init(project="p", id="r2")
failing.log({"loss": 5})
failing.finish(exit_code=3)
with wandb.init(project="other", id="r1") as other:
    other.log({"loss": 7})

api = wandb.Api()
one = api.run("p/r1")


def plain(value):
    return "NaN" if value != value else value


one.file("note.txt").download(root="down", replace=True)
print(
    json.dumps(
        {
            "state": [one.state, api.run("p/r2").state],
            "config": one.config,
            "telemetry": sorted(one.rawconfig["_wandb"]["t"]),
            "summary": {key: one.summary[key] for key in ("best", "big")},
            "names": [one.name, one.group, one.job_type, one.notes, sorted(one.tags)],
            "host": (one.metadata or {})["host"],
            "scan": [[row["_step"], plain(row.get("loss")), row.get("in")] for row in one.scan_history()],
            "scan_keys": [row["in.ner"] for row in one.scan_history(keys=["in.ner"])],
            "sampled": [row["loss"] for row in one.history(keys=["loss"], pandas=False, samples=3)],
            "full": len(one.history(pandas=False)),
            "last_step": one.lastHistoryStep,
            "media": [file.name for file in one.files() if file.name.startswith("media/html/")],
            "note": pathlib.Path("down/note.txt").read_text(),
            "console": [line.content for line in one.console_logs()],
            "other": [api.run("other/r1").summary["loss"], api.run("other/r1").storage_id != one.storage_id],
        }
    )
)
