"""Three steps in a row; one opted out."""

import os
import sys

from logged import wandb_log
from metaflow import FlowSpec, step

HEAVY = {"wandb", "torch", "sklearn", "pandas", "numpy", "pyarrow"}


@wandb_log(others=True)
class LinearFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"data"
        self.number = 1
        print("start prints")
        self.next(self.middle)

    @wandb_log(enabled=False)
    @step
    def middle(self):
        self.number += 1
        print("middle has", self.number, len(self.data))
        self.next(self.end)

    @step
    def end(self):
        self.number += len(self.data)
        print("end has", self.number)
        self.keys = [name for name in os.environ if "API_KEY" in name]
        self.loaded = sorted(HEAVY & set(sys.modules))


if __name__ == "__main__":
    LinearFlow()
