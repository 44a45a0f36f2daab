"""Nine tasks that compute next to nothing: what is left is what tracking costs."""

import os

import peak
from metaflow import FlowSpec, step

peak.watch()
HOW = os.environ.get("BENCH_HOW", "plain")
if HOW == "ours":
    from metaflow_wandb import wandb_log
elif HOW == "upstream":
    from wandb.integration.metaflow import wandb_log
else:

    def wandb_log(flow):
        """Leave the flow as it is."""
        return flow


@wandb_log
class Noop(FlowSpec):
    """start, a foreach of six, join, end."""

    @step
    def start(self):
        """Opens the foreach."""
        self.items = list(range(6))
        self.text = "text"
        self.next(self.each, foreach="items")

    @step
    def each(self):
        """One branch."""
        self.number = self.input
        self.half = self.input / 2
        self.name_of = str(self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        """Adds up."""
        self.total = sum(each.number for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        """Reads what the join made."""
        self.doubled = self.total * 2


if __name__ == "__main__":
    Noop()
