"""Lineage through every shape of flow; the last step fails where FAIL is set, to be resumed."""

import os

from metaflow import Flow, FlowSpec, namespace, step

from metaflow_wandb import wandb_log

logged = wandb_log(others=True)


class Notes:
    def __init__(self):
        self.lines = []


class LineageShapes(FlowSpec):
    @logged
    @step
    def start(self):
        namespace(None)
        self.prepared = Flow("LineageSource").latest_run.data.rows + b" prepared"
        self.raw = b"raw"
        self.kept = b"kept"
        self.notes = Notes()
        self.next(self.left, self.right)

    @logged
    @step
    def left(self):
        self.part = self.raw + b" left"
        self.next(self.join)

    @logged
    @step
    def right(self):
        self.part = self.raw + b" right"
        self.next(self.join)

    @logged
    @step
    def join(self, inputs):
        self.joined = inputs.left.part + inputs.right.part
        self.merge_artifacts(inputs, exclude=["part"])
        self.next(self.passes)

    @step
    def passes(self):
        len(self.joined)
        self.next(self.rewrites)

    @step
    def rewrites(self):
        self.raw = bytes(self.raw[:])
        self.raw = self.raw + b" rewritten"
        self.numbers = list(range(20))
        self.next(self.body, foreach="numbers")

    @logged
    @step
    def body(self):
        self.piece = self.joined + bytes([self.input])
        self.same = b"equal in all siblings"
        self.next(self.gather)

    @logged
    @step
    def gather(self, inputs):
        self.whole = b"".join(each.piece for each in inputs)
        self.from_one = inputs[3].same + b" of one"
        self.merge_artifacts(inputs, include=["notes", "raw", "kept"])
        self.next(self.split)

    @step
    def split(self):
        self.outer = [1, 2]
        self.next(self.outer_step, foreach="outer")

    @step
    def outer_step(self):
        self.inner = [1, 2]
        self.next(self.inner_step, foreach="inner")

    @logged
    @step
    def inner_step(self):
        place = [index for index, _, _ in self.foreach_stack()]
        self.leaf = self.whole[:5] + bytes(place)
        self.next(self.inner_join)

    @step
    def inner_join(self, inputs):
        self.leaf = inputs[1].leaf
        self.merge_artifacts(inputs, include=["notes", "raw", "kept"])
        self.next(self.outer_join)

    @logged
    @step
    def outer_join(self, inputs):
        self.total = b"".join(each.leaf for each in inputs)
        self.merge_artifacts(inputs, include=["notes", "raw", "kept"])
        self.next(self.changes)

    @logged
    @step
    def changes(self):
        self.notes.lines.append("changed in place")
        self.next(self.end)

    @logged
    @step
    def end(self):
        if os.environ.get("FAIL"):
            raise RuntimeError("to be resumed")
        self.sizes = [len(self.notes.lines), len(self.raw), len(self.kept), len(self.total)]


if __name__ == "__main__":
    LineageShapes()
