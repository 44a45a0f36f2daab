"""Values that hang once the shim touches them, though not while Metaflow stores them."""

import enum
import pathlib
import sys
import threading
import time

import numpy as np
import pandas as pd
from metaflow import FlowSpec, step, timeout

from metaflow_wandb import wandb_log


def hang_if_asked_by_the_shim():
    """Metaflow, whose storing of the values passes through the shim's session, gets its way."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        path = pathlib.Path(frame.f_code.co_filename)
        if "metaflow_wandb" in path.parts and path.name != "_session.py":
            time.sleep(3600)
        frame = frame.f_back


class HangsOnPickle:
    def __getstate__(self):
        hang_if_asked_by_the_shim()
        return {"a": 1}


class HangsOnSize(np.ndarray):
    @property
    def nbytes(self):
        hang_if_asked_by_the_shim()
        return 8


class HangsOnColumns(pd.DataFrame):
    @property
    def _constructor(self):
        return HangsOnColumns

    def to_parquet(self, *_, **__):
        # Holds the lock that it waits for, as a deadlock does.
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()


class HangsAsEnum(enum.Enum):
    A = 1

    @property
    def name(self):
        hang_if_asked_by_the_shim()
        return "A"


class HangingFlow(FlowSpec):
    @timeout(seconds=300)
    @wandb_log(datasets=True, models=True, others=True)
    @step
    def start(self):
        self.before = "before"
        self.on_size = np.zeros(1).view(HangsOnSize)
        self.on_pickle = HangsOnPickle()
        self.as_enum = [HangsAsEnum.A]
        self.frame = HangsOnColumns({"a": [1, 2]})
        self.zlast = np.arange(3)
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        print("read", self.on_pickle.__class__.__name__)


if __name__ == "__main__":
    HangingFlow()
