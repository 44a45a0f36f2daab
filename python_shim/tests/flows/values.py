"""Many kinds of values, decorated by nothing; says which modules the task loaded."""

import os
import sys

from metaflow import FlowSpec, Parameter, step

WATCHED = ("torch", "pandas", "sklearn", "wandb", "polars", "pyarrow", "numpy", "asyncio")


class ValuesFlow(FlowSpec):
    alpha = Parameter("alpha", default=3)
    _class_level = ("a", "b")

    @step
    def start(self):
        self.text = "text"
        self.number = 1.5
        self.nested = {"a": [1, {"b": None}], "c": (1, 2)}
        self.raw = os.urandom(0) + b"raw"
        self._mine = [1]
        vars(self)["smuggled"] = 7
        self.gone = 1
        del self.gone
        print("hello from start")
        print("on stderr", file=sys.stderr)
        self.next(self.middle)

    @step
    def middle(self):
        self.number = self.number + self.alpha
        self.nested["a"].append(2)
        assert self.text == "text"
        self.same = self.text
        self.text = self.text
        self.next(self.end)

    @step
    def end(self):
        print("LOADED", sorted(name for name in WATCHED if name in sys.modules))


if __name__ == "__main__":
    ValuesFlow()
