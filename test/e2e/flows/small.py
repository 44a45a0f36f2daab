"""Two steps, one frame: the least that has values, an artifact and an edge."""

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


@wandb_log(datasets=True)
class Small(FlowSpec):
    @step
    def start(self):
        self.df = pd.DataFrame({"a": [1, 2]})
        self.next(self.end)

    @step
    def end(self):
        self.rows = len(self.df)


if __name__ == "__main__":
    Small()
