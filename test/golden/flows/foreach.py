"""A foreach with a join, under a bare class decoration and one step with every flag on."""

import houses
import wandb
from metaflow import FlowSpec, Parameter, step
from wandb.integration.metaflow import wandb_log


@wandb_log
class Foreach(FlowSpec):
    """One model a branch; the join collects arrays inside containers."""

    seed = Parameter("seed", default=11)

    @wandb_log(datasets=True, models=True, others=True)
    @step
    def start(self):
        """Opens the foreach."""
        self.kinds = ["forest", "boosting"]
        self.table = houses.table()
        self.next(self.fit, foreach="kinds")

    @step
    def fit(self):
        """One branch."""
        self.kind = self.input
        self.model = houses.fitted(self.kind, self.table, self.seed)
        self.predicted = self.model.predict(self.table[houses.FEATURES])
        self.score = float(self.model.score(self.table[houses.FEATURES], self.table["price"]))
        self.next(self.collect)

    @step
    def collect(self, inputs):
        """Arrays in dicts in a list, as people write them."""
        self.results = [{"kind": i.kind, "predicted": i.predicted, "score": i.score} for i in inputs]
        self.best = max(i.score for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        """Assigns nothing."""


if __name__ == "__main__":
    wandb.setup()
    Foreach()
