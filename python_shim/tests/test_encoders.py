"""Each encoding, read back by the library that it is for."""

from __future__ import annotations

import datetime
import decimal
import errno
import io
import os
import pathlib
import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from metaflow_wandb._encoders import ENCODERS, CannotEncodeError, PayloadWriter
from metaflow_wandb._gen import ingest_pb2 as pb


class Collected:
    """Collects the pieces of a payload."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.largest = 0
        self.ended: list[str] = []

    def emit(self, path: str, data: bytes, end: bool) -> None:
        assert path not in self.ended
        self.files[path] = self.files.get(path, b"") + data
        self.largest = max(self.largest, len(data))
        if end:
            self.ended.append(path)


def encode(encoding: str, value: object, name: str = "v") -> Collected:
    return encode_noting_omissions(encoding, value, name)[0]


def encode_noting_omissions(encoding: str, value: object, name: str = "v") -> tuple[Collected, str]:
    collected = Collected()
    payload = PayloadWriter(collected.emit)
    ENCODERS[pb.Encoding.Value(f"ENCODING_{encoding}")](value, name, payload)
    assert payload.file_count == len(collected.files) == len(collected.ended)
    assert payload.size_bytes == sum(map(len, collected.files.values()))
    assert collected.largest <= 1024 * 1024
    return collected, payload.omissions()


def frame() -> pd.DataFrame:
    index = pd.Index([10, 20, 30], name="key")
    return pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, np.nan, 1]}, index=index)


def test_pandas_frame_as_parquet():
    """Index, missing values and types survive."""
    written = encode("PARQUET", frame()).files["v"]
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(written)), frame())


def test_large_pandas_frame_as_parquet():
    """Several pieces and row groups make one file, with its index as it was."""
    big = pd.DataFrame({"n": np.arange(600_000.0), "s": ["é"] * 600_000})
    pd.testing.assert_frame_equal(
        pd.read_parquet(io.BytesIO(encode("PARQUET", big).files["v"])), big
    )


def test_series_as_parquet():
    """A series becomes a frame of one column."""
    written = encode("PARQUET", pd.Series([1, 2], name="s")).files["v"]
    assert pd.read_parquet(io.BytesIO(written))["s"].tolist() == [1, 2]
    unnamed = encode("PARQUET", pd.Series([1, 2])).files["v"]
    assert list(pd.read_parquet(io.BytesIO(unnamed)).columns) == ["0"]


def test_polars_and_arrow_as_parquet():
    """Both write with their own library."""
    polars_frame = pl.DataFrame({"a": [1, 2]})
    assert pl.read_parquet(encode("PARQUET", polars_frame).files["v"]).equals(polars_frame)
    table = pa.table({"a": [1, 2]})
    assert parquet.read_table(io.BytesIO(encode("PARQUET", table).files["v"])).equals(table)


def test_frame_that_parquet_rejects_raises():
    """Mixed column types raise, so that the next encoding gets its turn."""
    with pytest.raises(Exception, match=r"object|convert|type"):
        encode("PARQUET", pd.DataFrame({"a": [1, "x", object()]}))


@pytest.mark.parametrize(
    "altered",
    [
        pd.DataFrame([[1, 2]], columns=["a", 1]),
        pd.DataFrame([[1, 2]], columns=[True, False]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", "c")])),
        pd.DataFrame({"a": pd.Series([{"x": 1}, {"y": 2}])}),
        pd.DataFrame({"a": pd.Series([{1}, {2}])}),
        pd.DataFrame({"a": pd.Series([(1, 2), [3]])}),
        pd.DataFrame({"a": pd.Series([2**60 + 1, None], dtype=object)}),
        pd.DataFrame({"a": [1, 2]}, index=pd.Index([1, None], dtype=object)),
        pd.Series([{"x": 1}, {"y": 2}], name="s"),
    ],
    ids=["labels", "flags", "levels", "dicts", "sets", "lists", "integers", "index", "series"],
)
def test_frame_that_parquet_would_alter_raises(altered):
    """So that pickle, which is next, keeps it as the step had it."""
    with pytest.raises(CannotEncodeError, match="parquet would alter"):
        encode("PARQUET", altered)
    restored = pickle.loads(encode("PICKLE", altered).files["v"])
    assert restored.equals(altered)


@pytest.mark.parametrize(
    "kept",
    [
        pd.DataFrame([[1, 2]], columns=[1, 2]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
        pd.DataFrame({"a": [decimal.Decimal("1.1"), None], "b": [datetime.date(2026, 1, 2), None]}),
        pd.DataFrame({"a": [b"x", None], "b": [True, None], "c": [None, None]}),
        pd.DataFrame({"a": pd.Categorical(["x", "y"])}),
        pd.DataFrame(),
    ],
    ids=["integers", "levels", "objects", "missing", "categories", "empty"],
)
def test_frame_that_parquet_keeps_is_parquet(kept):
    """Objects with a Parquet type of their own, and labels that it restores."""
    written = encode("PARQUET", kept).files["v"]
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(written)), kept)


class Warns:
    def __reduce__(self):
        warnings.warn("about its pickle", stacklevel=1)
        return Warns, ()


@pytest.mark.filterwarnings("error")
def test_encoders_warn_nobody():
    """Neither what a library says of a frame nor what a value says of its pickle is printed."""
    numbered = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([(1, 2)]))
    assert encode("PARQUET", numbered).files["v"]
    assert encode("PICKLE", Warns()).files["v"]


def test_pickle():
    """Loads back equal."""
    value = {"a": np.arange(5), "b": "text"}
    loaded = pickle.loads(encode("PICKLE", value).files["v"])
    assert loaded["b"] == "text"
    assert np.array_equal(loaded["a"], value["a"])


def test_torch():
    """`torch.load` gives the module back."""
    module = torch.nn.Linear(3, 2)
    written = encode("TORCH", module).files["v"]
    loaded = torch.load(io.BytesIO(written), weights_only=False)
    assert torch.equal(loaded.weight, module.weight)


def test_large_values_are_not_copied():
    """Encoding 64 MiB takes a few MiB on top."""
    value = np.ones(8 * 1024 * 1024)
    sizes = []
    payload = PayloadWriter(lambda _path, data, _end: sizes.append(len(data)))
    tracemalloc.start()
    ENCODERS[pb.ENCODING_PICKLE](value, "v", payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) > value.nbytes
    assert peak < 8 * 1024 * 1024


def test_single_file_keeps_its_name(tmp_path):
    """A path to a file becomes that file; an empty one is one piece without data."""
    (tmp_path / "empty.csv").touch()
    assert encode("FILES", tmp_path / "empty.csv").files == {"empty.csv": b""}


def test_directory_becomes_its_tree(tmp_path):
    """Relative paths with slashes; links that lead out are passed over."""
    outside = tmp_path / "outside"
    outside.write_text("secret")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "sub" / "b.txt").write_bytes(b"b" * 3_000_000)
    (root / "out").symlink_to(outside)
    (root / "in").symlink_to(root / "a.txt")
    (root / "loop").symlink_to(root, target_is_directory=True)
    files = encode("FILES", root).files
    assert set(files) == {"a.txt", "in", "sub/b.txt"}
    assert len(files["sub/b.txt"]) == 3_000_000


def test_what_a_tree_cannot_give_is_told(tmp_path, monkeypatch):
    """The files travel; all else is named with its reason."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "closed").mkdir()
    (root / "a.txt").write_text("a")
    (root / "back").symlink_to(root / "sub", target_is_directory=True)
    (root / "dangling").symlink_to(root / "nothing")
    (root / "round").symlink_to(root / "round")
    os.mkfifo(root / "pipe")
    scan = os.scandir

    def refuse_closed(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse_closed)
    written, omissions = encode_noting_omissions("FILES", root)
    assert set(written.files) == {"a.txt"}
    assert set(omissions.split(", ")) == {
        "back (a link to a directory)",
        "dangling (a link that leads nowhere)",
        "round (a link that leads nowhere)",
        "pipe (a named pipe)",
        "closed (permission denied)",
    }
    assert encode_noting_omissions("FILES", root / "sub")[1] == ""


def test_files_whose_names_cannot_travel_are_left_out_alone(tmp_path):
    """And only the first few are named."""
    for number in range(7):
        (tmp_path / f"{number}\udcff").write_text("x")
    (tmp_path / "fine").write_text("x")
    written, omissions = encode_noting_omissions("FILES", tmp_path)
    assert set(written.files) == {"fine"}
    assert omissions.startswith("0\\udcff (its name is no valid Unicode), 1")
    assert omissions.endswith(" and 2 more")
    with pytest.raises(CannotEncodeError, match="no valid Unicode"):
        encode("FILES", tmp_path / "0\udcff")


def test_empty_directory_is_an_empty_payload(tmp_path):
    """As W&B's integration logs an artifact without files."""
    assert encode("FILES", tmp_path).files == {}


def test_missing_path_says_so(tmp_path):
    """The reason is for people."""
    with pytest.raises(CannotEncodeError, match="does not exist"):
        encode("FILES", pathlib.Path(tmp_path / "nowhere"))
