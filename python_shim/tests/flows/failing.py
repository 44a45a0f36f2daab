"""Ways for a step to end, chosen by the environment."""

import os
import sys
import time

from metaflow import FlowSpec, catch, current, retry, step, timeout

from metaflow_wandb import wandb_log

HOW = os.environ.get("HOW", "raise")


class Unpicklable:
    def __reduce__(self):
        raise TypeError("can't pickle this")


def when(condition, decorator):
    return decorator if condition else (lambda function: function)


class FailingFlow(FlowSpec):
    @when(HOW == "catch", catch(var="caught", print_exception=False))
    @when(HOW == "retry", retry(times=1, minutes_between_retries=0))
    @when(HOW == "timeout", timeout(seconds=1))
    @wandb_log(others=True)
    @step
    def start(self):
        self.before = 1
        self.blob = b"partial"
        if HOW == "exit":
            sys.exit(3)
        if HOW == "interrupt":
            raise KeyboardInterrupt
        if HOW == "kill":
            time.sleep(1)  # the stream is opened in the background
            os._exit(9)
        if HOW == "unpicklable":
            self.bad = Unpicklable()
        if HOW == "timeout":
            time.sleep(30)
        if HOW in ("raise", "catch") or (HOW == "retry" and current.retry_count == 0):
            raise ValueError("no good \udc80")
        self.after = 2
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    FailingFlow()
