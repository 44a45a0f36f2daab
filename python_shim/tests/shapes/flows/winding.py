"""A step that repeats itself, a choice between two, and one on several nodes."""

import sys

from logged import wandb_log
from metaflow import FlowSpec, current, parallel, step


@wandb_log(others=True)
class WindingFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"."
        self.count = 0
        self.next(self.again)

    @step
    def again(self):
        self.data += b"."
        self.count += 1
        self.more = "yes" if self.count < 3 else "no"
        self.next({"yes": self.again, "no": self.choose}, condition="more")

    @step
    def choose(self):
        self.way = "short" if self.count == 3 else "long"
        self.next({"short": self.short, "long": self.long}, condition="way")

    @step
    def short(self):
        self.size = len(self.data)
        self.next(self.spread)

    @step
    def long(self):
        self.size = -1
        self.next(self.spread)

    @step
    def spread(self):
        self.next(self.node, num_parallel=3)

    @parallel
    @step
    def node(self):
        self.number = current.parallel.node_index
        self.part = self.data + b"%d" % self.number
        # In one piece: the nodes of a task share its output.
        sys.stdout.write(f"node {self.number} of {current.parallel.num_nodes}\n")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.numbers = sorted(each.number for each in inputs)
        self.parts = b"".join(each.part for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        self.size = len(self.parts)


if __name__ == "__main__":
    WindingFlow()
