"""A step that is over, and one that waits for a file to appear."""

import os
import time
from pathlib import Path

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class WaitingFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        self.number = 7
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        until = os.environ.get("UNTIL")
        while until and not Path(until).exists():
            time.sleep(0.05)
        self.number += 1


if __name__ == "__main__":
    WaitingFlow()
