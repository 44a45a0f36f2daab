"""Code and values that W&B's own integration fails on, or leaks."""

from pathlib import Path

import numpy as np
import pandas as pd
from logged import wandb_log
from metaflow import FlowSpec, step


class Thing:
    """Can be pickled and no more."""


class Parts:
    """A collection that a foreach can go through, and no list."""

    def __init__(self, *parts):
        self.parts = parts

    def __getitem__(self, index):
        return self.parts[index]


class AwkwardFlow(FlowSpec):
    def load(self):
        self.rows = 3
        self.loaded = b"by a helper"

    @wandb_log
    @step
    def start(self):
        frame = pd.DataFrame({"cell": ["not to be seen"]})
        self.splits = {"train": frame, "rows": 1}
        self.frames = [frame, 2]
        self.things, self.a_set, self.a_dict = [Thing(), 3], {Thing()}, {"a": Thing(), "b": 4}
        self.removed = 5
        del self.removed
        self.inside = sorted(name for name in vars(self) if not name.startswith("_"))
        self.steps = sorted(each.name for each in self)
        self.number, self.history = 6, [0.5]
        self.next(self.frames_of_all_sorts)

    @wandb_log(datasets=True)
    @step
    def frames_of_all_sorts(self):
        self.mixed = pd.DataFrame({"a": [1, "x"]})
        self.twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
        self.données = pd.DataFrame({"a": [1]})
        self.nowhere = Path("nowhere/at/all")
        self.history.append(0.9)
        self.next(self.helped)

    @wandb_log(others=True)
    @step
    def helped(self):
        self.load()
        self.nothing = None
        self.array = np.arange(3)
        self.parts = Parts(b"x", b"y")
        self.next(self.each, foreach="parts")

    @wandb_log(others=True)
    @step
    def each(self):
        self.mine = self.input * 2
        self.next(self.join)

    @wandb_log(others=True)
    @step
    def join(self, inputs):
        self.all = b"".join(each.mine for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    AwkwardFlow()
