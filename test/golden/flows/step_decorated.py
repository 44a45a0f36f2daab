"""Three steps, each decorated on its own: with flags, bare, and called without any."""

import houses
import wandb
from metaflow import FlowSpec, Parameter, step
from wandb.integration.metaflow import wandb_log


class StepDecorated(FlowSpec):
    """Only the first step logs datasets and models."""

    seed = Parameter("seed", default=11)
    share = Parameter("share", default=0.25)
    title = Parameter("title", default="prices")

    @wandb_log(datasets=True, models=True)
    @step
    def start(self):
        """Makes three frames."""
        self.table = houses.table()
        cut = int(len(self.table) * self.share)
        self.test, self.train = self.table[:cut], self.table[cut:]
        self.next(self.fit)

    @wandb_log
    @step
    def fit(self):
        """Makes a model that is not logged."""
        self.model = houses.fitted("forest", self.train, self.seed)
        self.note = "fitted"
        self.next(self.end)

    @wandb_log()
    @step
    def end(self):
        """Makes an array, which no flag asks for, and a number."""
        self.predicted = self.model.predict(self.test[houses.FEATURES])
        self.score = float(self.model.score(self.test[houses.FEATURES], self.test["price"]))


if __name__ == "__main__":
    wandb.setup()
    StepDecorated()
