"""A class that logs nothing but base values, and one step that overrides it."""

import houses
import wandb
from metaflow import FlowSpec, Parameter, step
from wandb.integration.metaflow import wandb_log


@wandb_log(datasets=False, models=False, others=False)
class BothDecorated(FlowSpec):
    """The step's own decoration wins."""

    seed = Parameter("seed", default=11)

    @wandb_log(datasets=True, models=True)
    @step
    def start(self):
        """Logs a frame and a model."""
        self.table = houses.table()
        self.first = houses.fitted("forest", self.table, self.seed)
        self.next(self.fit)

    @step
    def fit(self):
        """Logs neither."""
        self.again = houses.table()
        self.second = houses.fitted("boosting", self.table, self.seed)
        self.next(self.end)

    @step
    def end(self):
        """Logs a dict of numbers."""
        x, y = self.table[houses.FEATURES], self.table["price"]
        self.scores = {"first": float(self.first.score(x, y)), "second": float(self.second.score(x, y))}


if __name__ == "__main__":
    wandb.setup()
    BothDecorated()
