"""A linear flow that holds every kind of value, under a decorated class."""

import datetime
import decimal
import enum
import pathlib
import tempfile
import uuid

import numpy as np
import pandas as pd
import polars as pl
import torch
from metaflow import FlowSpec, IncludeFile, JSONType, Parameter, step
from sklearn.linear_model import LinearRegression

from metaflow_wandb import wandb_log


class Colour(enum.Enum):
    RED = "red"


class Thing:
    """Picklable, and nothing else."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    __hash__ = None


@wandb_log(datasets=True, models=True, others=True, settings={"run_tags": ["from-settings"]})
class EveryKind(FlowSpec):
    rate = Parameter("rate", default=0.5)
    count = Parameter("count", default=3)
    shape = Parameter("shape", type=JSONType, default='{"rows": 2}')
    notes = IncludeFile("notes", default=str(pathlib.Path(__file__).parent / "notes.txt"))

    constant = "a class attribute is no instance variable"

    @step
    def start(self):
        local = "never logged"  # noqa: F841
        self.an_int, self.a_float, self.a_bool, self.a_str = 1, 0.5, True, "text"
        self.a_list, self.a_tuple, self.a_dict = [1, "two"], (1, 2), {"k": {"deep": 1}}
        self.a_set, self.nothing = {1, 2}, None
        self.huge, self.beyond = 2**63 - 1, 2**70
        self.np_float, self.np_bool = np.float32(0.25), np.bool_(True)
        self.when, self.price = datetime.datetime(2026, 1, 2, 3, 4, 5), decimal.Decimal("0.10")
        self.ident, self.colour = uuid.UUID(int=7), Colour.RED
        self.not_finite = {"nan": float("nan"), "inf": float("inf")}
        self.df = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
        self.series = pd.Series([1.5, 2.5], name="s")
        self.mixed = pd.DataFrame({"a": [1, "x"]})
        self.frame_pl = pl.DataFrame({"a": [1, 2]})
        self.net = torch.nn.Linear(2, 1)
        self.model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
        self.array, self.tensor = np.arange(6).reshape(2, 3), torch.arange(3)
        self.thing = Thing(7)
        self.hidden = [1, self.df]
        self.données = pd.DataFrame({"a": [1]})
        directory = pathlib.Path(tempfile.mkdtemp())
        (directory / "sub").mkdir()
        (directory / "one.txt").write_text("one")
        (directory / "sub" / "two.txt").write_text("two")
        self.directory, self.a_file = directory, directory / "one.txt"
        self.lost_path = pathlib.Path("no-such-file")
        self.next(self.read)

    @step
    def read(self):
        self.total = int(self.df["a"].sum()) + self.thing.value
        self.df = self.df.assign(c=1)
        self.next(self.end)

    @wandb_log(datasets=False, models=False)
    @step
    def end(self):
        self.last = self.df.copy()
        self.answer = 42


if __name__ == "__main__":
    EveryKind()
