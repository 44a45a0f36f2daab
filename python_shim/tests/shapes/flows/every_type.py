"""Types and values that W&B's own integration drops, alters, or writes twice."""

import datetime
import decimal
import os
from pathlib import Path

import numpy as np
import pandas as pd
from logged import wandb_log
from metaflow import FlowSpec, step

SHARED = {"run_notes": "one for two steps", "run_tags": ["from-a-dict"]}


class Counted:
    """Notes in a file each time that it is pickled."""

    def __getstate__(self):
        with Path(os.environ["HOME"], "pickled").open("a") as times:
            times.write(".")
        return {}


class EveryTypeFlow(FlowSpec):
    @wandb_log(datasets=True, models=True, others=True, settings=SHARED)
    @step
    def start(self):
        self.f32, self.i64, self.np_bool = np.float32(0.25), np.int64(7), np.bool_(True)
        self.f64, self.none, self.a_tuple = np.float64(0.5), None, (1, 2)
        self.raw, self.frozen, self.cplx = b"bytes", frozenset([1]), 1 + 2j
        self.when, self.stamp = datetime.datetime(2026, 1, 2), pd.Timestamp("2026-01-03")
        self.price = decimal.Decimal("0.10")
        self.series, self.array = pd.Series([1.5]), np.arange(3)
        self.counted = Counted()
        self._timestamp, self._step, self._runtime = 5, 500, 7
        self.beyond = 2**70
        self.wide = [0.123456 + each for each in range(200_000)]
        self.next(self.end)

    @wandb_log(models=True, settings=SHARED)
    @step
    def end(self):
        import torch

        self.module = torch.nn.Linear(2, 1)


if __name__ == "__main__":
    EveryTypeFlow()
