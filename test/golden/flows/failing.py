"""A step that raises: its run must say so."""

import houses
import wandb
from metaflow import FlowSpec, Parameter, step
from wandb.integration.metaflow import wandb_log


@wandb_log(datasets=True)
class Failing(FlowSpec):
    """Ends in the second step."""

    seed = Parameter("seed", default=11)

    @step
    def start(self):
        """Succeeds."""
        self.table = houses.table()
        self.rows = len(self.table)
        self.next(self.end)

    @step
    def end(self):
        """Fails after an assignment."""
        self.before = self.rows + 1
        raise ValueError("on purpose")


if __name__ == "__main__":
    wandb.setup()
    Failing()
