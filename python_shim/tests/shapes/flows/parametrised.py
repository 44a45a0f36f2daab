"""Everything that a flow may be given from outside."""

from logged import wandb_log
from metaflow import (
    Config,
    FlowSpec,
    IncludeFile,
    JSONType,
    Parameter,
    card,
    config_expr,
    project,
    step,
    timeout,
)


@wandb_log(others=True)
@project(name="shapes")
class ParametrisedFlow(FlowSpec):
    rate = Parameter("rate", default=0.5)
    shape = Parameter("shape", type=JSONType, default='{"layers": [3, 4]}')
    settings = Config("settings", default_value={"depth": 3, "seconds": 60, "nested": {"on": True}})
    depth = Parameter("depth", default=config_expr("settings.depth"))
    included = IncludeFile("included", default=__file__)

    @card
    @timeout(seconds=config_expr("settings.seconds"))
    @step
    def start(self):
        self.total = self.rate * self.depth + sum(self.shape["layers"])
        self.size = len(self.included) > 0
        self.next(self.end)

    @step
    def end(self):
        self.again = [self.total, self.settings.nested.on]


if __name__ == "__main__":
    ParametrisedFlow()
