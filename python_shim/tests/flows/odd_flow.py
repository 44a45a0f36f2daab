"""A flow class and values with ways of their own of being looked at."""

import collections
import logging
import os

from metaflow import FlowSpec, step

from metaflow_wandb import wandb_log

LOG = []


class ExitingMeta(type):
    """Whatever is asked of the class itself ends the process, unless it is let."""

    @property
    def __module__(cls):
        raise SystemExit("asked for __module__")

    def mro(cls):
        return [cls, Plain, object]

    def __subclasscheck__(cls, other):
        raise SystemExit("asked for a subclass")

    def __instancecheck__(cls, instance):
        raise SystemExit("asked for an instance")


class Plain:
    pass


class Exiting(Plain, metaclass=ExitingMeta):
    @property
    def __class__(self):
        if LOG and LOG[-1] == "ended":
            raise SystemExit("asked for __class__")
        return Plain

    def __eq__(self, other):
        raise SystemExit("asked for equality")

    def __len__(self):
        raise SystemExit("asked for its length")

    def __bool__(self):
        raise SystemExit("asked for its truth")

    def __hash__(self):
        raise SystemExit("asked for its hash")

    def __reduce__(self):
        return Plain, ()


class BadNumber(int):
    def __index__(self):
        raise SystemExit("asked for its index")

    def __eq__(self, other):
        raise SystemExit("asked for equality")

    __hash__ = int.__hash__

    def __repr__(self):
        raise SystemExit("asked for its repr")

    __str__ = __format__ = __repr__


class BadText(str):
    __slots__ = ()

    def __str__(self):
        raise SystemExit("asked for its text")

    __len__ = __iter__ = encode = __str__


class OddFlow(FlowSpec):
    def __setattr__(self, name, value):
        LOG.append(name)
        super().__setattr__(name, value)

    def __getattr__(self, name):
        if name == "made_up":
            return "made up"
        return super().__getattr__(name)

    def __len__(self):
        raise RuntimeError("a flow has no length")

    def __bool__(self):
        return True

    @property
    def broken(self):
        raise RuntimeError("a property that raises")

    @wandb_log(datasets=True, models=True, others=True)
    @step
    def start(self):
        self.exiting = Exiting()
        self.inside = [1, Exiting(), {"k": Exiting()}]
        self.number = BadNumber(7)
        self.text = BadText("seven")
        self.counted = collections.Counter("abca")
        self.logger = logging.getLogger("odd")
        self.environment = dict(sorted(os.environ.items())[:1]) and {"a": 1}
        self.seen = self.made_up
        self.fine = "fine"
        self.set_by_setattr = LOG.count("fine")
        LOG.append("ended")
        self.next(self.end)

    @wandb_log(others=True)
    @step
    def end(self):
        print("seen", self.seen, self.fine, self.set_by_setattr, int.__add__(self.number, 1))


if __name__ == "__main__":
    OddFlow()
