"""Fails after it has assigned something; another step opted out."""

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


@wandb_log(settings={"project": "failures", "api_key": "must-not-travel", "base_url": "http://127.0.0.1:1"})
class Fails(FlowSpec):
    @wandb_log(enabled=False)
    @step
    def start(self):
        self.private = 1
        self.next(self.end)

    @step
    def end(self):
        self.before = 7
        raise ValueError("no rows")


if __name__ == "__main__":
    Fails()
