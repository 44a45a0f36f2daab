"""A flow that is decorated and opted out as a whole."""

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


@wandb_log(enabled=False)
class AllOptedOutFlow(FlowSpec):
    @step
    def start(self):
        self.value = 1
        self.next(self.end)

    @step
    def end(self):
        self.other = self.value


if __name__ == "__main__":
    AllOptedOutFlow()
