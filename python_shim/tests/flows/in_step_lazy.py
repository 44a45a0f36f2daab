"""A step that logs first without W&B's client, then with it, and in odd places."""

import contextlib
import multiprocessing
import os
import sys
import threading
import time
from pathlib import Path

from metaflow import FlowSpec, step

from metaflow_wandb import run, wandb_log


def log_rows(count, size=0):
    import wandb

    for index in range(count):
        wandb.log({"index": index, "text": "x" * size})


def in_a_fork():
    import wandb

    wandb.log({"fork": 1})
    wandb.summary["fork"] = 1
    wandb.finish()
    run.log({"fork": 2})


@contextlib.contextmanager
def told_to(told, *errors):
    try:
        yield
    except errors as error:
        told.append(f"{type(error).__name__}: {error}")


def errors():
    """What users get wrong is told to them in the client's own words."""
    import wandb

    told = []
    calls = (
        lambda: wandb.log("no dict"),
        lambda: wandb.log({1: 2}),
        lambda: wandb.init(nonsense=1),
        lambda: wandb.define_metric(""),
        lambda: run.log([1]),
        lambda: run.log({"thing": object()}),
        lambda: wandb.use_artifact("absent:latest"),
    )
    for call in calls:
        with told_to(told, TypeError, wandb.Error):
            call()
    return told


class InStepLazyFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        run.log({"light": 1, "odd": float("inf")})
        run.config["width"] = 8
        run.summary["top"] = [1, 2]
        run.define_metric("light", summary="max", goal="maximize")
        del run.summary["top"]
        self.read = [run.config["width"], dict(run.summary), run.name.partition("/")[0]]
        self.imported = "wandb" in sys.modules
        if os.environ.get("ARRIVED"):
            while not Path(os.environ["ARRIVED"]).exists():
                time.sleep(0.05)
        if os.environ.get("LIGHT_ONLY"):
            self.next(self.end)
            return
        log_rows(3)
        import wandb

        wandb.finish()
        log_rows(int(os.environ.get("ROWS", "0")), size=10_000)
        threads = [threading.Thread(target=log_rows, args=(50,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        child = multiprocessing.get_context("fork").Process(target=in_a_fork)
        child.start()
        child.join()
        self.child = child.exitcode
        with wandb.init(config={"depth": 2}, project="other") as begun:
            begun.log({"begun": 1})
            begun.summary["s"] = 1
            begun.log_artifact(__file__, name="code", type="code").wait()
            begun.log_code(os.path.dirname(__file__), include_fn=lambda _: False)
        wandb.init()
        self.run_id = [begun.id, wandb.run.id, run.id]
        self.url = wandb.run.url
        self.told = errors()
        service = wandb.sdk.wandb_setup.singleton()._connection
        print("SERVICE", service)
        self.next(self.end)

    @step
    def end(self):
        if not os.environ.get("LIGHT_ONLY"):
            print("TOLD", self.child, self.url, len(set(self.run_id)))
            print(*self.told, sep="\n")


if __name__ == "__main__":
    InStepLazyFlow()
