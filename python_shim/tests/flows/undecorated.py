"""Decorated steps with undecorated and opted-out ones between them."""

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class UndecoratedFlow(FlowSpec):
    @wandb_log(datasets=True)
    @step
    def start(self):
        self.frame = pd.DataFrame({"x": [1]})
        self.numbers = [1, 2]
        self.words = {"a", "b"}
        self.next(self.reads)

    @step
    def reads(self):
        self.frame.describe()
        len(self.words)
        self.numbers.append(3)
        self.next(self.opted_out)

    @wandb_log(enabled=False, settings={"run_name": "never sent"})
    @step
    def opted_out(self):
        self.secret = "a value that stays in the step"
        self.next(self.end)

    @wandb_log(datasets=True)
    @step
    def end(self):
        self.rows = len(self.frame)


if __name__ == "__main__":
    UndecoratedFlow()
