"""Decorations in every place: base class, subclass, below @step, stacked."""

from metaflow import FlowSpec, retry, step

from metaflow_wandb import wandb_log


@wandb_log(models=True, settings={"run_group": "base"})
class Base(FlowSpec):
    @step
    def start(self):
        self.a = 1
        self.next(self.below)

    @retry(times=0)
    @step
    @wandb_log(others=True)
    def below(self):
        self.b = b"2"
        self.next(self.opted_out)

    @wandb_log(enabled=False)
    @step
    def opted_out(self):
        self.c = 3
        self.next(self.overridden)

    @step
    def overridden(self):
        self.next(self.end)

    @step
    def end(self):
        pass


@wandb_log(datasets=True)
class PlacementFlow(Base):
    @step
    def overridden(self):
        self.d = 4
        self.next(self.end)


if __name__ == "__main__":
    PlacementFlow()
