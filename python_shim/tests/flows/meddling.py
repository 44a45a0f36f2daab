"""Steps that meddle with the process that they run in, one way each."""

import asyncio
import builtins
import io
import os
import resource
import signal
import socket
import sys
import threading
import time
import warnings

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


def refuse(*_, **__):
    raise RuntimeError("replaced by the step")


# Kept as long as the process, as a daemon's log files are.
FILES = []


class MeddlingFlow(FlowSpec):
    @step
    def start(self):
        self.directory = os.environ["SCRATCH"]
        self.next(self.closes)

    @wandb_log(others=True)
    @step
    def closes(self):
        """Closes all descriptors, as what turns into a daemon does, and opens files of its own."""
        os.closerange(3, 65536)
        FILES[:] = [
            open(os.path.join(self.directory, f"mine-{number}"), "w+b", buffering=0)  # noqa: SIM115
            for number in range(40)
        ]
        time.sleep(0.3)
        self.closed = b"x" * 100_000
        self.next(self.stops_clocks)

    @wandb_log(others=True)
    @step
    def stops_clocks(self):
        """As freezegun does, which leaves some modules alone."""
        now = time.time()
        time.time = time.monotonic = time.perf_counter = lambda: now
        self.stopped = True
        self.next(self.replaces)

    @wandb_log(others=True)
    @step
    def replaces(self):
        """Functions that others use."""
        self.replaced = {"a": [1, 2.5]}
        signal.setitimer = signal.getsignal = refuse
        socket.socket = socket.create_connection = refuse
        warnings.simplefilter("error")
        self.next(self.redirects)

    @wandb_log(others=True)
    @step
    def redirects(self):
        """Its standard streams, for good."""
        sys.stdout.flush()
        sys.stderr = io.StringIO()
        sys.stdout = io.StringIO()
        builtins.print = refuse
        self.odd = [1, object()]
        self.next(self.traces)

    @wandb_log(others=True)
    @step
    def traces(self):
        """With a trace function that fails, and a thread that goes on."""
        threading.Thread(target=time.sleep, args=(0.5,)).start()
        self.loop = asyncio.run(asyncio.sleep(0.01, result="slept"))
        threading.setprofile(lambda *_: None)
        sys.setprofile(lambda *_: None)
        sys.setrecursionlimit(100_000)
        self.next(self.limits)

    @wandb_log(others=True)
    @step
    def limits(self):
        """Leaves no descriptor and little memory."""
        self.limited = list(range(1000))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        self.next(self.fills)

    @wandb_log
    @step
    def fills(self):
        """Sets more variables than are taken."""
        for number in range(15_000):
            setattr(self, f"v{number}", number)
        for number in range(15_000):
            if number > 2:
                delattr(self, f"v{number}")
        self.next(self.end)

    @step
    def end(self):
        sizes = [
            os.path.getsize(os.path.join(self.directory, name))
            for name in sorted(os.listdir(self.directory))
        ]
        print("bytes in the files of the step that closed descriptors:", sum(sizes))


if __name__ == "__main__":
    MeddlingFlow()
