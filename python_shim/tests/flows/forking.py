"""Children that a step forks, in the ways that people fork."""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys

import cloudpickle
import torch
from metaflow import FlowSpec, parallel_map, step

from metaflow_wandb import wandb_log


def square(number):
    return number * number


class ForkingFlow(FlowSpec):
    @wandb_log(others=True)
    @step
    def start(self):
        self.mapped = parallel_map(lambda number: number + 1, [1, 2, 3])
        context = multiprocessing.get_context("fork")
        with context.Pool(2) as pool:
            self.squares = pool.map(square, [1, 2, 3])
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
            self.more = list(executor.map(square, [4, 5]))
        self.anew = []
        for method in ("spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(1) as pool:
                self.anew += pool.map(abs, [-1])
        self.told = subprocess.run(["echo", "told"], stdout=subprocess.PIPE, check=True).stdout
        loader = torch.utils.data.DataLoader([1, 2, 3], num_workers=2)
        self.loaded = [int(batch) for batch in loader]
        self.class_sent = len(cloudpickle.dumps(type(self))) > 0
        child = os.fork()
        if child == 0:
            self.in_child = 1
            sys.exit(0)  # unwinds through Metaflow's own code, as in the parent
        self.status = os.waitpid(child, 0)[1]
        self.blob = b"x" * (3 * 1024 * 1024)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ForkingFlow()
