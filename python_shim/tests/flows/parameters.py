"""Every kind of parameter, tags and a project."""

from metaflow import Config, FlowSpec, IncludeFile, JSONType, Parameter, config_expr, project, step

from metaflow_wandb import wandb_log


@wandb_log
@project(name="some_project")
class ParametersFlow(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    flag = Parameter("flag", default=True)
    none = Parameter("none", default=None)
    words = Parameter("words", separator=",", default="a,b")
    shape = Parameter("shape", type=JSONType, default='{"a": [1, 2]}')
    config = Config("config", default_value={"lr": 0.1, "layers": {"sizes": [3, 4]}})
    data = IncludeFile("data", default=__file__)
    from_config = Parameter("from_config", default=config_expr("config.lr"))
    constant = "class attribute"

    @step
    def start(self):
        assert self.alpha
        assert "class" in self.data
        self.next(self.split)

    @step
    def split(self):
        self.numbers = list(range(6))
        self.next(self.body, foreach="numbers")

    @step
    def body(self):
        self.seen = self.alpha
        self.next(self.join)

    @step
    def join(self, inputs):
        assert self.config.layers.sizes == [3, 4]
        self.all = [each.seen for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ParametersFlow()
