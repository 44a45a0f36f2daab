"""Every way in which values go from step to step."""

import threading

import pandas as pd
from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


@wandb_log(datasets=True, others=True)
class PassingFlow(FlowSpec):
    @step
    def start(self):
        self.frame = pd.DataFrame({"x": [1]})
        self.kept = pd.DataFrame({"k": [1]})
        self.both = pd.DataFrame({"b": [1]})
        self.dropped = pd.DataFrame({"d": [1]})
        self.threaded = pd.DataFrame({"t": [1]})
        self.outer = ["a", "b"]
        self.next(self.left, self.right)

    @step
    def left(self):
        self.frame = self.frame.assign(side="left")
        self.side = pd.DataFrame({"s": ["left"]})
        self.next(self.join)

    @step
    def right(self):
        self.frame = self.frame.assign(side="right")
        self.side = pd.DataFrame({"s": ["right"]})
        self.next(self.join)

    @step
    def join(self, inputs):
        self.frame = inputs.right.frame
        changed = inputs.left.side
        changed["more"] = 1
        self.side = changed
        self.merge_artifacts(inputs, include=["kept"])
        self.merge_artifacts(inputs, exclude=["both"])
        self.next(self.split)

    @step
    def split(self):
        self.next(self.outer_step, foreach="outer")

    @step
    def outer_step(self):
        self.letter = self.input
        self.inner = [1, 2]
        self.next(self.inner_step, foreach="inner")

    @step
    def inner_step(self):
        self.value = (self.letter, self.input, len(self.kept))
        self.next(self.inner_join)

    @step
    def inner_join(self, inputs):
        self.values = [each.value for each in inputs]
        self.merge_artifacts(inputs, include=["kept", "dropped", "threaded"])
        self.next(self.outer_join)

    @step
    def outer_join(self, inputs):
        name = "values"
        self.all_values = [getattr(each, name) for each in inputs]
        self.rounds = 0
        self.frame = pd.DataFrame({"loop": [0]})
        self.merge_artifacts(inputs, include=["kept", "dropped", "threaded"])
        self.next(self.loop)

    @step
    def loop(self):
        self.rounds = self.rounds + 1
        self.frame = pd.concat([self.frame, self.frame])
        self.again = "more" if self.rounds < 3 else "done"
        self.next({"more": self.loop, "done": self.end}, condition="again")

    def helper(self):
        return len(self.kept)

    @step
    def end(self):
        self.rows = self.helper()
        self.dropped = 1
        del self.dropped
        thread = threading.Thread(target=lambda: self.threaded)
        thread.start()
        thread.join()
        self.absent = hasattr(self, "absent")
        self.size = len(self.frame)


if __name__ == "__main__":
    PassingFlow()
