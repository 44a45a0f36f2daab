"""A step that ends at once, and where asked for stops there as if it worked on."""

import os
import time

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class StayingFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        self.value = 1
        with open(os.environ["PID_FILE"] + ".new", "w") as file:
            file.write(str(os.getpid()))
        os.rename(os.environ["PID_FILE"] + ".new", os.environ["PID_FILE"])
        if os.environ.get("STAY"):
            time.sleep(600)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    StayingFlow()
