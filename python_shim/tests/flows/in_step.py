"""Steps that log to W&B themselves, in every way that its client has."""

import argparse
import os
import sys
from pathlib import Path

import wandb
from metaflow import FlowSpec, Parameter, step
from wandb import init

from metaflow_wandb import run as light
from metaflow_wandb import wandb_log


def report(step_is, directory):
    """Prints what a step finds that is not logged."""
    print(step_is, "wandb" in sys.modules, wandb.run, os.path.exists(directory), end=" ")
    print(repr(light.id), light.log({"a": 1}), wandb.init.__code__.co_name, end=" ")
    try:
        wandb.log({})
    except wandb.Error as error:
        print(error)


class InStepFlow(FlowSpec):
    lr = Parameter("lr", default=0.5)

    @wandb_log
    @step
    def start(self):
        assert wandb.config.lr == 0.5
        for epoch in range(3):
            wandb.log({"loss": 1 / (epoch + 1), "epoch": epoch})
        wandb.run.log({"odd": float("nan"), "far": [float("-inf"), 2]}, step=7)
        wandb.run.log({"more": 1}, step=7, commit=True)
        wandb.define_metric("loss", step_metric="epoch", summary="min,last")
        wandb.config.update({"layers": 2, "opt": {"name": "adam"}})
        wandb.config.lr = 0.25
        wandb.summary["best"] = 0.9
        wandb.run.summary.update({"deep": {"a": 1}})
        wandb.summary["deep"]["b"] = 2
        wandb.alert("title", "text")
        self.seen = {
            "loss": wandb.summary["loss"],
            "deep": dict(wandb.summary["deep"]),
            "step": wandb.run.step,
            "named": [wandb.run.id, wandb.run.name, wandb.run.group, wandb.run.job_type],
            "placed": [wandb.run.url, wandb.run.project, wandb.run.entity, wandb.run.path],
        }
        self.next(self.begun)

    @wandb_log
    @step
    def begun(self):
        run = init(
            project="elsewhere",
            id="mine",
            config=argparse.Namespace(depth=3),
            name="a name",
            notes="some notes",
            tags=["one", "two"],
            reinit=True,
        )
        same = wandb.init() is run and wandb.run is run
        with run:
            run.log({"a": 1})
        wandb.finish()
        run.log({"b": 2})
        quiet = wandb.init(mode="disabled")
        wandb.log({"never": 1})
        quiet.finish()
        wandb.log({"c": 3})
        assert wandb.login()
        self.same = [same, wandb.run is run, run.id == light.id, run.project]
        self.next(self.files)

    @wandb_log
    @step
    def files(self):
        import numpy

        pixels = numpy.zeros((4, 4, 3), dtype=numpy.uint8)
        wandb.log({"numbers": wandb.Histogram([1, 2, 2, 3])})
        wandb.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
        wandb.log({"page": wandb.Html("<p>hello</p>")})
        wandb.log({"line": wandb.plot.line_series([0, 1], [[1, 2]], title="t")})
        Path("notes.txt").write_text("first")
        wandb.save("notes.txt")
        Path("notes.txt").write_text("changed")
        Path(wandb.run.dir, "own.txt").write_text("mine")
        made = wandb.Artifact("things", type="dataset", description="d", metadata={"k": 1})
        made.add_file("notes.txt")
        with made.new_file("big.bin", mode="wb") as file:
            file.write(b"0123456789" * 150_000)
        made.add_reference("http://example.com/x", checksum=False)
        logged = wandb.log_artifact(made, aliases=["good"], tags=["t"])
        assert logged.wait() is made
        wandb.run.log_model("notes.txt", name="model")
        self.directory = wandb.run.dir
        wandb.log({"picture": wandb.Image(pixels, caption="dark")})
        self.next(self.uses)

    @wandb_log
    @step
    def uses(self):
        found = wandb.use_artifact("prices:latest", type="dataset")
        directory = found.download("prices")
        entry = found.get_entry("deep/b.txt")
        self.found = {
            "is": [found.name, found.version, found.type, found.qualified_name, found.id],
            "says": [found.metadata, found.aliases, found.digest, found.size],
            "downloaded": sorted(str(path) for path in Path(directory).rglob("*.*")),
            "entry": Path(entry.download("alone")).read_text(),
            "files": [[file.name, file.size] for file in found.files()],
            "again": found.files(names=["a.bin"])[0].download("more").name,
        }
        model = wandb.run.use_model("net:latest")
        self.model = Path(model).read_text()
        table = wandb.use_artifact("scores:latest").get("all")
        self.table = [table.columns, table.data]
        made = wandb.Artifact("fresh", type="dataset")
        with made.new_file("f.txt") as file:
            file.write("fresh")
        wandb.use_artifact(made)
        try:
            wandb.use_artifact("prices:latest", type="model")
        except ValueError as error:
            self.refused = str(error)
        self.next(self.left_out)

    @wandb_log(enabled=False)
    @step
    def left_out(self):
        report("OPTED OUT", self.directory)
        self.next(self.end)

    @step
    def end(self):
        report("UNDECORATED", self.directory)


if __name__ == "__main__":
    InStepFlow()
