"""Branches with a join, a step that is tried twice, a config and a parameter of JSON."""

import pandas as pd
from metaflow import Config, FlowSpec, JSONType, Parameter, current, retry, step
from wandb.integration.metaflow import wandb_log


class BranchesFlow(FlowSpec):
    shape = Parameter("shape", type=JSONType, default='{"layers": [3, 4]}')
    settings = Config("settings", default_value={"depth": 3, "nested": {"on": True}})

    @wandb_log(datasets=True)
    @step
    def start(self):
        self.frame = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
        self.next(self.left, self.right)

    @wandb_log(datasets=True)
    @step
    def left(self):
        self.part = self.frame[["x"]]
        self.total = int(self.part["x"].sum())
        self.next(self.join)

    @retry(times=1, minutes_between_retries=0)
    @wandb_log
    @step
    def right(self):
        self.tried = current.retry_count
        self.total = int(self.frame["y"].sum()) * self.settings.depth
        if current.retry_count == 0:
            raise ValueError("the first time is no good")
        self.next(self.join)

    @wandb_log(datasets=True)
    @step
    def join(self, inputs):
        self.totals = [inputs.left.total, inputs.right.total]
        self.both = pd.concat([inputs.left.part, inputs.left.frame])
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        self.rows = len(self.both)
        self.answer = {"rows": self.rows, "layers": self.shape["layers"]}


if __name__ == "__main__":
    BranchesFlow()
