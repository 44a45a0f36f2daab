"""Values of each class, on three steps that are decorated by step."""

import pathlib

import pandas as pd
from metaflow import FlowSpec, Parameter, step

from metaflow_wandb import wandb_log


class LinearFlow(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @wandb_log(datasets=True)
    @step
    def start(self):
        self.raw_df = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
        self.note = "hello"
        self.numbers = {3, 1, 2}
        self.config = {"depth": 3, "nested": {"rate": 0.1}}
        path = pathlib.Path("data.csv")
        path.write_text("a,b\n1,2\n")
        self.path = path.resolve()
        local_only = 42
        assert local_only
        self.next(self.middle)

    @wandb_log
    @step
    def middle(self):
        self.rows = len(self.raw_df)
        self.config["depth"] = 4
        self._private = "mine"
        self.next(self.end)

    @wandb_log(others=True)
    @step
    def end(self):
        self.answer = self.rows * self.alpha
        self.text = self.note.encode()


if __name__ == "__main__":
    LinearFlow()
