"""What a step did to a value that it read: nothing, a change, or what can't be told."""

from __future__ import annotations

import hashlib
import pickle
import random

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._mutation import origin_of_read
from metaflow_wandb._tracking import ReadVariable

MUTATED, READ = pb.Variable.ORIGIN_MUTATED, pb.Variable.ORIGIN_READ


class Stored:
    """The data of an earlier task, which holds one value."""

    def __init__(self, value, size=0):
        self.blob = pickle.dumps(value, protocol=4)
        self._info = {"value": {"size": size}}

    def __getitem__(self, name):
        return pickle.loads(self.blob)

    def read(self):
        return ReadVariable("value", self, hashlib.sha1(self.blob).hexdigest())


class Holder:
    def __init__(self, **held):
        self.__dict__.update(held)


def origin_after(value, use, size=0):
    stored = Stored(value, size)
    loaded = stored["value"]
    use(loaded)
    return origin_of_read(loaded, stored.read())


def frame():
    mixed = pd.DataFrame({"x": np.arange(6.0), "y": list("aabbcc")})
    mixed["z"] = range(6)
    mixed["w"] = 0.5
    return mixed


def forest():
    return RandomForestClassifier(3).fit([[0], [1]] * 5, [0, 1] * 5)


def pipeline():
    return make_pipeline(StandardScaler(), forest()).fit([[0], [1]], [0, 1])


def tables():
    return {"a": frame(), "b": [frame().set_index("y"), frame().x]}


def look_at_frame(value):
    value.describe()
    value.groupby("y").sum(numeric_only=True)
    assert value.index.is_unique
    value.iloc[0]


@pytest.mark.parametrize(
    ("value", "use"),
    [
        (frame(), look_at_frame),
        (tables(), lambda value: look_at_frame(value["a"]) or value["b"][0].loc["a"]),
        (Holder(deep=[frame()]), lambda value: look_at_frame(value.deep[0])),
        ({"words": set("abcdefgh")}, lambda value: list(value["words"])),
        (Holder(array=np.arange(9), same=["x" * 3]), lambda value: value.array.sum()),
        ([torch.ones(3), {"t": torch.zeros(2)}], lambda value: value[0].sum()),
        (Holder(net=torch.nn.Linear(2, 1)), lambda value: value.net.eval()(torch.ones(1, 2))),
        (forest(), lambda value: value.predict([[0]])),
        ({"m": [forest()]}, lambda value: value["m"][0].predict_proba([[0]])),
        (
            make_pipeline(StandardScaler(), forest()).fit([[0], [1]], [0, 1]),
            lambda v: v.predict([[1]]),
        ),
        (pl.DataFrame({"a": [1, 2]}), lambda value: value.filter(pl.col("a") > 1)),
        (random.Random(7), lambda value: value.getstate()),
    ],
)
def test_a_value_that_was_used_is_unchanged(value, use):
    """Though Metaflow pickles it anew, and for some of these to other bytes."""
    assert origin_after(value, use) is None


def add_column(value):
    value["new"] = 1


def set_cell(value):
    value.loc[0, "x"] = 99


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (frame(), add_column),
        (frame(), set_cell),
        (frame(), lambda value: setattr(value, "columns", list("qrst"))),
        (frame(), lambda value: value.attrs.update(unit="m")),
        (tables(), lambda value: set_cell(value["a"])),
        (Holder(deep=[frame()]), lambda value: add_column(value.deep[0])),
        ({"words": set("abc")}, lambda value: value["words"].add("d")),
        (Holder(array=np.arange(9)), lambda value: value.array.sort() or value.array.put(0, 5)),
        ([torch.ones(3)], lambda value: value[0].mul_(2)),
        (Holder(net=torch.nn.Linear(2, 1)), lambda value: value.net.bias.data.add_(1)),
        ({"m": [forest()]}, lambda value: value["m"][0].fit([[0], [7]], [0, 1])),
        (Holder(history=[1]), lambda value: value.history.append(2)),
        (np.array(["a", {"k": 1}], dtype=object), lambda value: value[1].update(k=2)),
        (random.Random(7), lambda value: value.random()),
    ],
)
def test_a_value_that_was_changed_in_place_is_told_so(value, change):
    """However deep the change is."""
    assert origin_after(value, change) == MUTATED


class Unloadable:
    def __init__(self):
        self.held = 1

    def __setstate__(self, state):
        raise RuntimeError("not here")


class Restless:
    """Pickles differently each time."""

    def __getstate__(self):
        return {"now": random.random()}


def test_what_can_not_be_compared_is_neither_changed_nor_unchanged():
    """A copy that can't be loaded or is too large, or pickles that never repeat."""
    stored = Stored(Unloadable())
    assert origin_of_read({"other": 1}, stored.read()) == READ
    assert origin_after(set("abc"), lambda value: value.add("d"), size=2**40) == READ
    assert origin_after(Restless(), lambda value: None) == READ


def test_one_object_under_two_names_is_no_change():
    """What one name shares with another does not show in what is stored under it."""
    shared = [1, 2]
    assert origin_after({"a": shared, "b": shared}, lambda value: value["a"]) is None
    assert origin_after({"a": shared, "b": shared}, lambda value: value["a"].append(3)) == MUTATED


def test_a_value_that_holds_itself_can_be_compared():
    """Cycles are followed once."""
    loop: list = [set("abcdef")]
    loop.append(loop)
    assert origin_after(loop, len) is None
    assert origin_after(loop, lambda value: value[0].clear()) == MUTATED


@pytest.mark.parametrize("array", [np.array(5.0), np.empty((0, 3)), np.ones((3, 4), order="F")])
def test_arrays_of_any_shape_can_be_compared(array):
    """Also those without dimensions or elements."""
    value = {"array": array, "words": set("abcdef")}
    assert origin_after(value, lambda value: value["words"].add("z")) == MUTATED
    assert origin_after(value, lambda value: value["array"].sum()) is None


@pytest.mark.parametrize(("stored", "now"), [(1, 2), (b"q", b"qx"), (3 + 2j, 3 + 7j), ("a", "b")])
def test_immutable_value_that_another_took_the_place_of_was_changed(stored, now):
    """As `vars(self).update(…)` does, which no assignment tells of."""
    assert origin_of_read(now, Stored(stored).read()) == MUTATED
    assert origin_of_read(stored, Stored(stored).read()) is None


def test_frozen_weights_are_a_change():
    """What a model loads as has other weights to train."""
    net = torch.nn.Linear(2, 2)
    stored = Stored(net)
    assert origin_of_read(stored["value"], stored.read()) is None
    changed = stored["value"]
    changed.weight.requires_grad = False
    assert origin_of_read(changed, stored.read()) == MUTATED
