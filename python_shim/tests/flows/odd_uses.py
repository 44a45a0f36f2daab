"""What a step may do with W&B's client beside logging numbers, and an error of its own."""

import os
import threading
import time

import wandb
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


def log_for_ever():
    while True:
        wandb.log({"late": 1})
        time.sleep(0.002)


class OddUsesFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        with wandb.init():
            self.artifact = wandb.Artifact("kept", type="made")
            with self.artifact.new_file("file.txt") as file:
                file.write("kept")
            wandb.log_artifact(self.artifact).wait()
            self.table = wandb.Table(columns=["a"], data=[[1]])
            wandb.log({"table": self.table})
        finished = 0
        while wandb.run is not None and finished < 10:
            finished += 1
            wandb.finish()
        print("FINISHED", finished)
        threading.Thread(target=log_for_ever, daemon=True).start()
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        print("KEPT", self.artifact.name, "wait" in vars(self.artifact))
        if os.environ.get("MISSING"):
            print(self.missing)


if __name__ == "__main__":
    OddUsesFlow()
