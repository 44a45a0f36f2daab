"""Carries keys that must not get anywhere, in its settings and its environment."""

import os

from metaflow import FlowSpec, catch, step

from metaflow_wandb import run, wandb_log

SETTINGS = {
    "api_key": os.environ["SETTINGS_CANARY"],
    "base_url": "http://127.0.0.1:9/elsewhere",
    "root_dir": "/etc",
    "x_primary": False,
    "run_group": "canaries",
}


@wandb_log(others=True, settings=SETTINGS)
class Canary(FlowSpec):
    @step
    def start(self):
        run.log({"loss": 1.0})
        self.number = 1
        self.thing = b"thing"
        self.next(self.fail)

    @catch(var="caught", print_exception=False)
    @step
    def fail(self):
        if self.number == 1:
            raise ValueError("it failed")
        self.next(self.end)

    @step
    def end(self):
        print("READ", self.number, len(self.thing))


if __name__ == "__main__":
    Canary()
