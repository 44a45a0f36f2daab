"""Values that raise wherever they can."""

import sys

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log


class HostileMeta(type):
    def __instancecheck__(cls, instance):
        raise RuntimeError("asked for an instance")


class Hostile(metaclass=HostileMeta):
    def __repr__(self):
        raise RuntimeError("asked for a repr")

    __str__ = __repr__

    def __eq__(self, other):
        raise RuntimeError("asked for equality")

    __hash__ = None

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise SystemExit(f"asked for {name}")


def exit_if_asked_by_the_shim():
    """Metaflow, which asks for the same when it stores a value, gets its way."""
    if "metaflow_wandb" in sys._getframe(2).f_code.co_filename:
        raise SystemExit("asked by the shim")


class HostileDict(dict):
    def items(self):
        exit_if_asked_by_the_shim()
        return super().items()

    def __iter__(self):
        raise RuntimeError("asked to iterate")


class ExitsOnPickle:
    def __getstate__(self):
        exit_if_asked_by_the_shim()
        return {}


class HostileFlow(FlowSpec):
    @wandb_log(datasets=True, models=True, others=True)
    @step
    def start(self):
        self.hostile = HostileDict(a=1)
        self.exits = ExitsOnPickle()
        self.looped = [1]
        self.looped.append(self.looped)
        self.deep = []
        for _ in range(200):
            self.deep = [self.deep]
        self.mixed = {"fine": 1, "not": object, "odd": Hostile()}
        self.many = list(range(600_000))
        self.huge = 10**5000
        self.colossal = 1 << 20_000_000
        self.surrogate = "\ud800"
        self.function = len
        self.fine = "fine"
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    HostileFlow()
