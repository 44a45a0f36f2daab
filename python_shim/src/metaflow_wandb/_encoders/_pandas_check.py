"""Finds what Parquet would silently turn into something else in a pandas frame."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._encoders._writer import CannotEncodeError

# By the names that pandas' infer_dtype has for them.
_FAITHFUL_LABELS = {"string", "integer", "floating", "datetime64", "empty"}
_FAITHFUL_VALUES = {
    *("string", "bytes", "boolean", "integer", "floating", "decimal", "date", "time", "empty")
}


def check_faithful(frame: Any) -> None:
    """Look at labels and at columns of Python objects; other types have a Parquet type.

    Inferring a type walks over values in C, at a fraction of what writing them costs.

    Raises:
        CannotEncodeError: the frame would not load back equal.
    """
    from pandas.api.types import infer_dtype, is_object_dtype

    for labels in _levels(frame.columns):
        kind = infer_dtype(labels, skipna=False)
        if kind not in _FAITHFUL_LABELS:
            raise CannotEncodeError(f"parquet would alter its column labels, of type {kind}")
    for position, (label, dtype) in enumerate(zip(frame.columns, frame.dtypes, strict=True)):
        if is_object_dtype(dtype):
            _check_values(frame.iloc[:, position], f"column {label!r:.60}")
    for labels in _levels(frame.index):
        if is_object_dtype(labels.dtype):
            _check_values(labels, "its index")


def _levels(index: Any) -> Any:
    """Return the levels of an index, which is its only one where it isn't a MultiIndex."""
    return getattr(index, "levels", (index,))


def _check_values(values: Any, what: str) -> None:
    from pandas.api.types import infer_dtype

    kind = infer_dtype(values, skipna=True)
    # Integers beside a missing value come back as floats.
    if kind not in _FAITHFUL_VALUES or (kind == "integer" and values.isna().any()):
        raise CannotEncodeError(f"parquet would alter {what}, which holds objects of type {kind}")
