"""Reads that change nothing, and changes in place."""

import pandas as pd
import torch
from metaflow import FlowSpec, step
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from metaflow_wandb import wandb_log


class Holder:
    def __init__(self, module):
        self.module = module


class ReadsFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        import numpy

        self.frame = pd.DataFrame({"x": range(50), "y": list("ab") * 25})
        self.module = torch.nn.Linear(4, 2)
        self.tensor = torch.arange(6.0)
        self.forest = RandomForestClassifier(3).fit([[0], [1]] * 5, [0, 1] * 5)
        self.pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(3))
        self.pipeline.fit([[0], [1]] * 5, [0, 1] * 5)
        self.weights = {"a": torch.ones(2), "b": 1}
        self.holder = Holder(torch.nn.Linear(2, 1))
        self.words = {"some", "words", "in", "a", "set"}
        self.numbers = {"list": [1, 2, 3]}
        self.array = numpy.arange(10)
        self.next(self.only_reads)

    @wandb_log
    @step
    def only_reads(self):
        self.frame.describe()
        self.frame.groupby("y").sum()
        self.module.eval()(torch.ones(1, 4)).sum().backward()
        self.holder.module(torch.ones(1, 2))
        self.weights["a"].sum()
        self.forest.predict([[0]])
        self.pipeline.predict([[0]])
        self.used = [self.tensor.sum(), len(self.words), len(self.numbers), self.array.sum()]
        self.next(self.changes)

    @wandb_log
    @step
    def changes(self):
        self.frame.loc[0, "x"] = 99
        with torch.no_grad():
            self.module.weight.add_(1)
        self.tensor[0] = 7
        self.weights["a"].numpy()[0] = 5
        self.holder.module.bias.data.add_(1)
        self.forest.fit([[0], [5]] * 5, [0, 1] * 5)
        self.pipeline.fit([[0], [9]] * 5, [0, 1] * 5)
        self.words.add("more")
        self.numbers["list"].append(4)
        self.array[0] = 5
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ReadsFlow()
