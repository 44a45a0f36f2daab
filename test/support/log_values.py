"""Logs values as W&B's integration does, one `run.log` a variable.

Prints `{"run": [entity, project, run id], "tagged": {name: tagged JSON}}`:
the same values as the protocol carries them.
"""

import datetime
import decimal
import enum
import json
import math
import uuid

import numpy
import wandb


class Colour(enum.Enum):
    RED = "red"


LARGE = numpy.linspace(-3, 3, 100) ** 3
COUNTS, BINS = numpy.histogram(LARGE, bins=32)
UUID = uuid.UUID(int=5)
MOMENT = datetime.datetime(2024, 2, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)


def array(value):
    return {"$array": {"dtype": str(value.dtype), "shape": value.shape, "values": value.tolist()}}


# Name: (value, the same in tagged JSON).
VALUES = {
    "integer": (42, 42),
    "negative": (-7, -7),
    "beyond_double": (2**53 + 1, {"$int": str(2**53 + 1)}),
    "int64_max": (2**63 - 1, {"$int": str(2**63 - 1)}),
    "int64_min": (-(2**63), {"$int": str(-(2**63))}),
    "real": (0.1, 0.1),
    "whole_real": (3.0, 3.0),
    "tiny": (5e-324, 5e-324),
    "huge": (1e300, 1e300),
    "huge_whole": (1e17, 1e17),
    "not_a_number": (math.nan, {"$float": "nan"}),
    "infinite": (math.inf, {"$float": "inf"}),
    "minus_infinite": (-math.inf, {"$float": "-inf"}),
    "true": (True, True),
    "false": (False, False),
    "text": ("plain", "plain"),
    "unicode": ("grün 🌱 \u2028 \x00 日本", "grün 🌱 \u2028 \x00 日本"),
    "empty_text": ("", ""),
    "list": ([1, 2.5, "x", None, True], [1, 2.5, "x", None, True]),
    "empty_list": ([], []),
    "nested_list": ([[1, [2]], []], [[1, [2]], []]),
    "odd_list": ([math.nan, math.inf, -math.inf], [{"$float": "nan"}, {"$float": "inf"}, {"$float": "-inf"}]),
    "set": ({3}, {"$set": [3]}),
    "set_in_list": ([{3}, frozenset("a")], [{"$set": [3]}, {"$set": ["a"]}]),
    "tuple_in_list": ([(1, 2)], [{"$tuple": [1, 2]}]),
    "dict": ({"a": 1, "b": {"c": [1, 2]}}, {"a": 1, "b": {"c": [1, 2]}}),
    "empty_dict": ({}, {}),
    "hollow_dict": ({"a": {}}, {"a": {}}),
    "none": (None, None),
    "none_in_dict": ({"a": None}, {"a": None}),
    "dict_in_list": ([{"a": 1}], [{"a": 1}]),
    "dotted_key": ({"a.b": 1, "c/d": 2}, {"a.b": 1, "c/d": 2}),
    "dollar_key": ({"$int": "5"}, {"$dict": [["$int", "5"]]}),
    "odd_keys": ({1: "a", 2.5: "b", None: "c"}, {"$dict": [[1, "a"], [2.5, "b"], [None, "c"]]}),
    "whole_real_keys": (
        {1.0: "a", 1e16: "b", math.nan: "c"},
        {"$dict": [[{"$float": "1.0"}, "a"], [{"$float": "1e+16"}, "b"], [{"$float": "nan"}, "c"]]},
    ),
    "tuple_key": ({(1, "x"): 2}, {"$dict": [[{"$tuple": [1, "x"]}, 2]]}),
    "odd_in_dict": ({"a": math.nan, "b": 2**60}, {"a": {"$float": "nan"}, "b": {"$int": str(2**60)}}),
    "array_in_dict": ({"a": numpy.arange(6).reshape(2, 3)}, {"a": array(numpy.arange(6).reshape(2, 3))}),
    "array_in_list": (
        [numpy.array([1.5, math.nan])],
        [{"$array": {"dtype": "float64", "shape": [2], "values": [1.5, {"$float": "nan"}]}}],
    ),
    "array_of_one": ([numpy.array([[7]])], [array(numpy.array([[7]]))]),
    "array_of_32": ({"a": numpy.arange(32)}, {"a": array(numpy.arange(32))}),
    "large_array": (
        {"a": LARGE},
        {
            "a": {
                "$histogram": {
                    "dtype": "float64",
                    "shape": [100],
                    "counts": COUNTS.tolist(),
                    "bins": BINS.tolist(),
                }
            }
        },
    ),
    "large_array_by_values": ({"a": numpy.arange(40)}, {"a": array(numpy.arange(40))}),
    "numpy_scalars": ([numpy.float32(0.5), numpy.int64(3), numpy.bool_(True)], [0.5, 3, True]),
    "datetime": ([MOMENT], [{"$datetime": MOMENT.isoformat()}]),
    "naive_datetime": ([datetime.datetime(2024, 2, 3)], [{"$datetime": "2024-02-03T00:00:00"}]),
    "date": ([datetime.date(2024, 2, 3)], [{"$date": "2024-02-03"}]),
    "time": ([datetime.time(1, 2, 3)], [{"$time": "01:02:03"}]),
    "timedelta": ([datetime.timedelta(days=1, seconds=2.5)], [{"$timedelta": 86402.5}]),
    "decimal": ([decimal.Decimal("1.50")], [{"$decimal": "1.50"}]),
    "uuid": ([UUID], [{"$uuid": str(UUID)}]),
    "bytes": ([b"abc"], [{"$bytes": "YWJj"}]),
    "enum": ([Colour.RED], [{"$enum": {"name": "RED", "value": "red"}}]),
}

with wandb.init(project="contract", settings=wandb.Settings(console="off")) as run:
    for name, (value, _) in VALUES.items():
        run.log({name: value})
    path = [run.entity, run.project, run.id]
tagged = {name: value for name, (_, value) in VALUES.items()}
print(json.dumps({"run": path, "tagged": tagged}, allow_nan=False))
