"""Computes values that follow from its seed, and logs some of them itself."""

import random

from metaflow import FlowSpec, Parameter, step

from metaflow_wandb import run, wandb_log

ROWS_BYTES = 3 * 1024 * 1024
WEIGHTS_BYTES = 200 * 1024
EPOCHS = 3


@wandb_log(others=True)
class ChaosFlow(FlowSpec):
    """A fan-out and a join, with artifacts that are passed and read."""

    seed = Parameter("seed", type=int)

    @step
    def start(self):
        """Make something of several chunks."""
        self.rows = random.Random(self.seed).randbytes(ROWS_BYTES)
        self.size = len(self.rows)
        self.parts = [0, 1]
        self.next(self.train, foreach="parts")

    @step
    def train(self):
        """Log while running, and read what start made."""
        self.part = self.input
        for epoch in range(EPOCHS):
            run.log({"loss": self.seed + self.part + 1 / (epoch + 1)})
        self.weights = random.Random(self.seed * 2 + self.part + 1).randbytes(WEIGHTS_BYTES)
        self.score = sum(self.rows[:1000]) + self.part
        self.next(self.join)

    @step
    def join(self, inputs):
        """Read both weights."""
        self.total = sum(item.score for item in inputs)
        self.mixed = bytes(a ^ b for a, b in zip(*(item.weights for item in inputs), strict=True))
        self.next(self.end)

    @step
    def end(self):
        """Tell the result."""
        self.answer = self.total * 2 + self.seed
        print(f"ANSWER {self.answer}")


if __name__ == "__main__":
    ChaosFlow()
