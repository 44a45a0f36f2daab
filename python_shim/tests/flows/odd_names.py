"""Names and texts that protobuf or the sidecar refuse, and too many names."""

import os
import pathlib
import time

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class UnreadableError(Exception):
    def __str__(self):
        raise SystemExit("asked for its text")


@wandb_log(datasets=True, models=True, others=True)
class OddNamesFlow(FlowSpec):
    @step
    def start(self):
        setattr(self, "x\udc80", {1, 2})
        setattr(self, "x\\udc80", "a name like the escaped one")
        setattr(self, "", object)
        self.fine = "fine"
        self.tree = pathlib.Path("tree").absolute()
        self.tree.mkdir()
        (self.tree / "file").touch()
        os.mkfifo(self.tree / "pipe")
        self.items = ["a\udc80", "b"]
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.seen = (self.fine, getattr(self, "x\udc80"))
        self.next(self.join)

    @step
    def join(self, inputs):
        self.merge_artifacts(inputs, exclude=["seen", ""])
        self.next(self.many)

    @step
    def many(self):
        for number in range(10_050):
            setattr(self, f"v{number}", number)
        self.next(self.unreadable)

    @step
    def unreadable(self):
        # Such as a frozen clock of before 1970.
        time.time_ns = lambda: -5_000_000_000
        self.fine = "still"
        self.next(self.end)

    @step
    def end(self):
        raise UnreadableError


if __name__ == "__main__":
    OddNamesFlow()
