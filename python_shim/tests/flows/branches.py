"""Branches and a join with merge_artifacts; the flow class is decorated."""

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


def summary(frame):
    return {"rows": len(frame)}


@wandb_log(datasets=True)
class BranchFlow(FlowSpec):
    constant = [1, 2, 3]

    def helper(self, value):
        return value + 1

    @staticmethod
    def static_helper(value):
        return value + 1

    @property
    def double(self):
        return self.a * 2

    @step
    def start(self):
        self.a = 1
        self.frame = pd.DataFrame({"x": [1.0, 2.0]})
        self.untouched = "as it was"
        self.next(self.left, self.right)

    @step
    def left(self):
        self.l = self.helper(self.a)
        assert type(self) is BranchFlow
        self.next(self.join)

    @wandb_log(datasets=False, others=True)
    @step
    def right(self):
        self.r = self.static_helper(self.double)
        self.raw = b"bytes"
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = inputs.left.l + inputs.right.r
        self.widths = [each.frame.shape[1] for each in inputs]
        self.merge_artifacts(inputs)
        self.info = summary(self.frame)
        self.next(self.end)

    @step
    def end(self):
        assert self.constant == [1, 2, 3]
        self.done = self.total


if __name__ == "__main__":
    BranchFlow()
