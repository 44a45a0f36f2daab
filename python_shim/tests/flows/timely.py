"""A step that is done long before its timeout; `wandb_log` is above it, or below."""

import os
import signal

from metaflow import FlowSpec, step, timeout

from metaflow_wandb import wandb_log

LOG, TIMEOUT = wandb_log(others=True), timeout(seconds=2)
above, below = (LOG, TIMEOUT) if os.environ["ORDER"] == "above" else (TIMEOUT, LOG)


class TimelyFlow(FlowSpec):
    @above
    @below
    @step
    def start(self):
        self.left = signal.getitimer(signal.ITIMER_REAL)[0]
        assert 0 < self.left <= 2
        self.blob = b"needs an answer of the sidecar"
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    TimelyFlow()
