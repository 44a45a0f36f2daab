"""Steps that fail, are retried, caught, timed out and killed; the last one fails unless MENDED."""

import os
import signal
import time

from logged import wandb_log
from metaflow import FlowSpec, catch, current, retry, step, timeout


def die():
    time.sleep(1)  # the sidecar has heard of the task by then
    os.kill(os.getpid(), signal.SIGKILL)


@wandb_log(others=True)
class MishapsFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"data"
        self.next(self.flaky, self.caught, self.slow, self.killed, self.lost)

    @retry(times=2, minutes_between_retries=0)
    @step
    def flaky(self):
        self.tried = current.retry_count
        self.found = self.data + b"%d" % current.retry_count
        if current.retry_count < 2:
            raise ValueError(f"attempt {current.retry_count} is no good")
        self.next(self.join)

    @catch(var="error", print_exception=False)
    @wandb_log(others=True)
    @step
    def caught(self):
        self.before = "assigned before"
        raise KeyError("to be caught")
        self.next(self.join)

    @wandb_log(others=True)
    @catch(var="error")
    @timeout(seconds=2)
    @step
    def slow(self):
        self.before = "assigned in time"
        self.clock = 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 2
        time.sleep(60)
        self.next(self.join)

    @retry(times=1, minutes_between_retries=0)
    @timeout(seconds=60)
    @step
    @wandb_log(others=True)
    def killed(self):
        self.tried = current.retry_count
        if current.retry_count == 0:
            die()
        self.next(self.join)

    @catch(var="error")
    @step
    def lost(self):
        die()
        self.next(self.join)

    @step
    def join(self, inputs):
        self.errors = [str(inputs.caught.error.type), str(inputs.slow.error.type)]
        self.errors.append(type(inputs.lost.error).__name__)
        self.merge_artifacts(inputs, include=["found"])
        self.next(self.end)

    @step
    def end(self):
        self.size = len(self.found)
        if not os.environ.get("MENDED"):
            raise RuntimeError("not mended")


if __name__ == "__main__":
    MishapsFlow()
