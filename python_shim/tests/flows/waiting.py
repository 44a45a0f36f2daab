"""Two steps, of which one may wait for a file to appear."""

import os
import time
from pathlib import Path

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


def wait_in(step_name):
    until = os.environ.get("UNTIL")
    while until and os.environ["WAITS"] == step_name and not Path(until).exists():
        time.sleep(0.05)


class WaitingFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        self.number = 7
        wait_in("start")
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        wait_in("end")
        self.number += 1


if __name__ == "__main__":
    WaitingFlow()
