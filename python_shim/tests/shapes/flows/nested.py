"""Branches, a foreach within a foreach, and joins, all of which log `data`."""

from logged import wandb_log
from metaflow import FlowSpec, step


@wandb_log(others=True)
class NestedFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"start "
        self.untouched = b"by any but the last"
        self.next(self.split, self.right)

    @step
    def split(self):
        self.letters = ["a", "b"]
        self.next(self.outer, foreach="letters")

    @step
    def outer(self):
        self.data += self.input.encode()
        self.numbers = [1, 2]
        self.next(self.inner, foreach="numbers")

    @step
    def inner(self):
        self.data += b"%d " % self.input
        self.next(self.after)

    @step
    def after(self):
        self.size = len(self.data)
        print("size", self.size)
        self.next(self.join_inner)

    @step
    def join_inner(self, inputs):
        self.sizes = [each.size for each in inputs]
        self.data = b"".join(each.data for each in inputs)
        self.merge_artifacts(inputs, include=["untouched"])
        self.next(self.join_outer)

    @step
    def join_outer(self, inputs):
        self.sizes = [each.sizes for each in inputs]
        self.data = b"".join(each.data for each in inputs)
        self.merge_artifacts(inputs, include=["untouched"])
        self.next(self.join)

    @step
    def right(self):
        self.seen = len(self.data)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.both = inputs.join_outer.data + inputs.right.data
        self.merge_artifacts(inputs, exclude=["data"])
        self.next(self.end)

    @step
    def end(self):
        self.total = [len(self.both), len(self.untouched), self.sizes]


if __name__ == "__main__":
    NestedFlow()
