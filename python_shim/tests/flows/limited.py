"""A step that is run in little memory: the launcher's own limit, lifted in time for the next."""

import os
import resource
import sys

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log

# What a scheduler of a cluster sets for a job.
if "step" in sys.argv and "start" in sys.argv:
    resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, resource.RLIM_INFINITY))


class LimitedFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        self.pid = os.getpid() > 0
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        pass


if __name__ == "__main__":
    LimitedFlow()
