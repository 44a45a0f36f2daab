"""A foreach whose siblings store equal bytes, and a join that fails until it is told not to."""

import os

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


@wandb_log(datasets=True)
class ResumedFlow(FlowSpec):
    @step
    def start(self):
        self.names = ["a", "b", "c"]
        self.kept = pd.DataFrame({"k": [1]})
        self.next(self.body, foreach="names")

    @step
    def body(self):
        self.frame = pd.DataFrame({"equal": [1]})
        self.next(self.gather)

    @step
    def gather(self, inputs):
        if os.environ["FAIL_IN"] == "gather":
            raise RuntimeError("not yet")
        self.rows = [len(each.frame) for each in inputs]
        self.merge_artifacts(inputs, include=["kept"])
        self.next(self.end)

    @step
    def end(self):
        if os.environ["FAIL_IN"] == "end":
            raise RuntimeError("not yet")
        self.total = len(self.kept)


if __name__ == "__main__":
    ResumedFlow()
