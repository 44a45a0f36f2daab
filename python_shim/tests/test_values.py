"""Tagged JSON of base values, and descriptions of all others."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import pathlib
import sys
import uuid

import numpy as np
import pandas as pd
import pytest
import torch

from metaflow_wandb._describe import describe
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._value_json import NotDescribableError, is_base_value, value_json


class Colour(enum.IntEnum):
    RED = 1


class MyDict(dict):
    pass


Point = collections.namedtuple("Point", "x y")
NAN = float("nan")
PLAIN = [None, True, 0, -5, 1.5, "text", "ünï", [], {}, [1, [2]], {"a": {"b": None}}]


@pytest.mark.parametrize("value", PLAIN)
def test_plain_values_are_plain_json(value):
    """What JSON can say is said in JSON."""
    assert json.loads(value_json(value)) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53 - 1, 2**53 - 1),
        (2**53, {"$int": "9007199254740992"}),
        (-(2**70), {"$int": str(-(2**70))}),
        (NAN, {"$float": "nan"}),
        (-float("inf"), {"$float": "-inf"}),
        ((1, "a"), {"$tuple": [1, "a"]}),
        (Point(1, 2), {"$tuple": [1, 2]}),
        ({5}, {"$set": [5]}),
        (frozenset({5}), {"$set": [5]}),
        ({1: "a"}, {"$dict": [[1, "a"]]}),
        ({NAN: 1}, {"$dict": [[{"$float": "nan"}, 1]]}),
        ({1.0: 2.0, 1e16: 3}, {"$dict": [[{"$float": "1.0"}, 2.0], [{"$float": "1e+16"}, 3]]}),
        ({1.5: 1}, {"$dict": [[1.5, 1]]}),
        ({(1.0, 1): 1}, {"$dict": [[{"$tuple": [{"$float": "1.0"}, 1]}, 1]]}),
        ({"$int": "1"}, {"$dict": [["$int", "1"]]}),
        ({"$a": 1, "b": 2}, {"$a": 1, "b": 2}),
        ({(1, 2): 3}, {"$dict": [[{"$tuple": [1, 2]}, 3]]}),
        (MyDict(a=1), {"a": 1}),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (Colour.RED, {"$enum": {"name": "RED", "value": 1}}),
        (datetime.datetime(2026, 1, 2, 3, 4), {"$datetime": "2026-01-02T03:04:00"}),
        (datetime.date(2026, 1, 2), {"$date": "2026-01-02"}),
        (datetime.time(3, 4), {"$time": "03:04:00"}),
        (datetime.timedelta(minutes=2), {"$timedelta": 120.0}),
        (decimal.Decimal("1.10"), {"$decimal": "1.10"}),
        (uuid.UUID(int=1), {"$uuid": "00000000-0000-0000-0000-000000000001"}),
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.float64(NAN), {"$float": "nan"}),
        (np.bool_(True), True),
        (np.str_("s"), "s"),
        (np.datetime64("2026-01-02"), {"$datetime": "2026-01-02"}),
        ([b"ab"], [{"$bytes": "YWI="}]),
        (pd.Timestamp("2026-01-02"), {"$datetime": "2026-01-02T00:00:00"}),
    ],
)
def test_other_values_are_tagged(value, expected):
    """Each value that JSON lacks has its tag; subclasses are handled as their base."""
    assert json.loads(value_json(value)) == expected


def test_arrays_in_containers_follow_the_client():
    """Up to 32 elements in full, more as the histogram that W&B's client computes."""
    from wandb.util import json_dumps_safer_history

    for array in (np.arange(32.0), np.arange(33.0), np.linspace(-1, 1, 500), np.zeros((2, 3))):
        ours = json.loads(value_json({"a": array}))["a"]
        theirs = json.loads(json_dumps_safer_history({"a": array}))["a"]
        if "$array" in ours:
            assert ours["$array"]["values"] == theirs
            assert ours["$array"]["shape"] == list(array.shape)
        else:
            histogram = ours["$histogram"]
            assert (histogram["counts"], histogram["bins"]) == (theirs["values"], theirs["bins"])


def test_tensors_are_arrays_too():
    """Of any dtype, with or without a gradient."""
    tensor = torch.ones(2, requires_grad=True)
    described = json.loads(value_json([tensor, torch.zeros(40, dtype=torch.bfloat16)]))
    assert described[0]["$array"] == {"dtype": "float32", "shape": [2], "values": [1.0, 1.0]}
    assert sum(described[1]["$histogram"]["counts"]) == 40


@pytest.mark.parametrize(
    "element",
    [
        pd.DataFrame({"a": [1]}),
        pd.Series([1]),
        torch.nn.Linear(1, 1),
        pathlib.Path("/etc"),
        object(),
        len,
        1j,
        np.array([object()] * 50),
        np.full(50, NAN),
    ],
    ids=lambda element: type(element).__name__,
)
def test_what_is_no_base_value_is_left_out_of_its_container(element):
    """A frame, a model or a path never travels inside a container; the rest of it does."""
    described = json.loads(value_json({"kept": 1, "left_out": element}))
    assert described["kept"] == 1
    assert set(described["left_out"]["$omitted"]) == {"type", "reason"}


class NoMoment(datetime.datetime):
    def isoformat(self, *_):
        return object()


class NoSpan(datetime.timedelta):
    def total_seconds(self):
        return NAN


class NoLength(str):
    __slots__ = ()

    def __len__(self):
        raise RuntimeError("asked for its length")


@pytest.mark.parametrize(
    "element", [NoMoment(2026, 1, 2), NoSpan(1)], ids=lambda each: type(each).__name__
)
def test_element_that_converts_to_nonsense_is_left_out_alone(element):
    """What a user's class returns may be no text and no number; the rest of the value travels."""
    described = json.loads(value_json([1, element]))
    assert described[0] == 1
    assert list(described[1]) == ["$omitted"]


def test_histogram_of_endless_width_costs_no_neighbour():
    """Bins beyond what JSON's numbers hold have their tag."""
    wide = np.array([-1.7e308, 1.7e308] * 20)
    assert json.loads(value_json({"kept": 1, "wide": wide}))["kept"] == 1


def test_text_of_a_hostile_class_travels():
    """By the base's own methods, at the top and in containers."""
    described = describe("v", NoLength("abc"), pb.Variable.ORIGIN_ASSIGNED).message
    assert (described.value_json, described.problem, described.size_bytes) == ('"abc"', "", 3)
    assert json.loads(value_json([NoLength("abc")])) == ["abc"]


@pytest.mark.parametrize("exponent", [700, 4300, 6000, 50_000])
def test_integers_of_any_length_travel(exponent):
    """Beyond Python's limit for text, which stays as the process has set it."""
    limit = sys.get_int_max_str_digits()
    digits = "1" + "0" * (exponent - 1) + "7"
    assert json.loads(value_json(10**exponent + 7)) == {"$int": digits}
    assert json.loads(value_json([-(10**exponent) - 7])) == [{"$int": f"-{digits}"}]
    assert sys.get_int_max_str_digits() == limit


def test_cycles_and_depth_end():
    """A value inside itself is left out there, and nesting has an end."""
    looped: list = [1]
    looped.append(looped)
    assert json.loads(value_json(looped))[1]["$omitted"]["reason"] == "it contains itself"
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    assert "nested more than 64 deep" in value_json(deep)
    twice = [1]
    assert json.loads(value_json([twice, twice])) == [[1], [1]]


@pytest.mark.parametrize(
    "value",
    [list(range(500_001)), 1 << 20_000_000, "x" * 5_000_000, ["x" * 3_000_000] * 2],
    ids=["elements", "integer", "text", "texts"],
)
def test_size_is_bounded(value):
    """Too many elements or bytes: no JSON, and the reason."""
    with pytest.raises(NotDescribableError, match=r"more than|larger than"):
        value_json(value)


def test_only_base_types_have_json():
    """Arrays, bytes and frames at the top are no base values."""
    for value in (np.zeros(3), b"x", pd.DataFrame(), torch.ones(1), object(), pathlib.Path()):
        assert not is_base_value(value)


def test_description_names_types_and_sizes():
    """MRO by qualified name, own type first; size where it is cheap."""
    frame = describe("frame", pd.DataFrame({"a": range(100)}), pb.Variable.ORIGIN_ASSIGNED)
    assert frame.message.type_mro[0] in ("pandas.DataFrame", "pandas.core.frame.DataFrame")
    assert frame.message.type_mro[-1] == "builtins.object"
    assert frame.message.size_bytes >= 800
    assert frame.may_need_payload
    number = describe("number", 1, pb.Variable.ORIGIN_ASSIGNED)
    assert (number.message.value_json, number.may_need_payload) == ("1", False)


def test_description_tells_paths_apart(tmp_path):
    """A path points to a file, a directory, or nothing."""
    (tmp_path / "file").write_text("four")
    kinds = [
        describe("p", path, pb.Variable.ORIGIN_ASSIGNED).message
        for path in (tmp_path, tmp_path / "file", tmp_path / "none")
    ]
    assert [kind.path_kind for kind in kinds] == ["directory", "file", "missing"]
    assert kinds[1].size_bytes == 4
