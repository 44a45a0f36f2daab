"""Makes what another flow reads through Metaflow's client."""

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class LineageSource(FlowSpec):
    @wandb_log(others=True)
    @step
    def start(self):
        self.rows = b"rows"
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    LineageSource()
