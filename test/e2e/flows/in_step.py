"""Steps that log to W&B themselves, and give one another artifacts."""

import time

import wandb
from metaflow import FlowSpec, Parameter, step

from metaflow_wandb import run, wandb_log


def wait_for(name):
    """Return an artifact version, once it has been uploaded."""
    for _ in range(300):
        try:
            return wandb.use_artifact(name)
        except wandb.errors.CommError:
            time.sleep(0.2)
    return wandb.use_artifact(name)


class InStep(FlowSpec):
    lr = Parameter("lr", default=0.5)

    @wandb_log
    @step
    def start(self):
        wandb.define_metric("loss", summary="min")
        for epoch, loss in enumerate([3.0, 1.0, 2.0]):
            wandb.log({"epoch": epoch, "loss": loss})
        wandb.log({"rows": wandb.Table(columns=["a"], data=[[1], [2]])})
        run.log({"light": 1})
        wandb.config.layers = 2
        wandb.summary["best"] = 0.9
        made = wandb.Artifact("things", type="dataset", metadata={"k": 1})
        with made.new_file("deep/x.txt") as file:
            file.write("content")
        wandb.log_artifact(made, aliases=["good"])
        self.score = 7
        print("RUN start", wandb.run.id, wandb.run.url)
        self.next(self.use)

    @wandb_log
    @step
    def use(self):
        with wandb.init(name="a name", notes="notes", tags=["t"], config={"depth": 3}) as begun:
            found = wait_for("things:good")
            self.content = open(found.get_entry("deep/x.txt").download()).read()
            self.version = found.qualified_name
            begun.log({"seen": len(self.content)})
        print("RUN use", run.id, run.url)
        self.next(self.end)

    @step
    def end(self):
        print("CONTENT", self.content, self.version)


if __name__ == "__main__":
    InStep()
