"""Branches, a foreach and two joins; steps decorated one by one, above and below `@step`, one by the base."""

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class Prepared(FlowSpec):
    @wandb_log(datasets=True)
    @step
    def start(self):
        self.df = pd.DataFrame({"a": range(4)})
        self.kept = pd.DataFrame({"k": [1]})
        self.next(self.left, self.right)


class Branches(Prepared):
    @step
    @wandb_log(datasets=True)
    def left(self):
        self.part = self.df.head(2)
        self.next(self.join)

    @wandb_log(datasets=True)
    @step
    def right(self):
        self.part = self.df.tail(2)
        self.next(self.join)

    @wandb_log(datasets=True)
    @step
    def join(self, inputs):
        self.joined = pd.concat([inputs.left.part, inputs.right.part])
        self.merge_artifacts(inputs, exclude=["part"])
        self.parts = [1, 2, 3]
        self.next(self.between)

    @step
    def between(self):  # not decorated: what passes through keeps its maker
        self.next(self.split, foreach="parts")

    @wandb_log(datasets=True)
    @step
    def split(self):
        self.piece = self.joined.assign(n=self.input)
        self.next(self.gather)

    @wandb_log(datasets=True)
    @step
    def gather(self, inputs):
        self.all_pieces = pd.concat([i.piece for i in inputs])
        self.merge_artifacts(inputs, include=["kept"])
        self.next(self.end)

    @wandb_log(datasets=True)
    @step
    def end(self):
        self.rows = len(self.all_pieces) + len(self.kept)


if __name__ == "__main__":
    Branches()
