"""A payload larger than what may wait in a stream."""

import os
import resource

import polars as pl
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class BigFlow(FlowSpec):
    @wandb_log(datasets=True, others=True)
    @step
    def start(self):
        if limit := os.environ.get("FILE_LIMIT"):
            # As on a disk that is full, writing fails in the middle.
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
        self.blob = bytes(48 * 1024 * 1024)
        if "SMALL" in os.environ:
            self.small = b"small"
        self.frame = pl.DataFrame({"n": range(3_000_000)})
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    BigFlow()
