"""Apache Parquet: pandas, polars and pyarrow."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._encoders._pandas_check import check_faithful
from metaflow_wandb._encoders._writer import CannotEncodeError, PayloadWriter
from metaflow_wandb._types import root_modules, type_mro


def encode_parquet(value: Any, file_name: str, payload: PayloadWriter) -> None:
    """Write a frame, a series or a table as one Parquet file.

    Raises:
        CannotEncodeError: it would not load back equal.
    """
    roots = root_modules(value)
    if "pandas" in roots:
        value = _as_frame(value)
        check_faithful(value)
    with payload.open(file_name) as file:
        if "pandas" in roots:
            value.to_parquet(file, engine="pyarrow")
        elif "polars" in roots:
            value.write_parquet(file)
        elif "pyarrow" in roots:
            from pyarrow import parquet

            parquet.write_table(value, file)
        else:
            raise CannotEncodeError(f"{type_mro(value)[0]} has no Parquet form")


def _as_frame(value: Any) -> Any:
    """Return a series as a frame of one column; Parquet wants column names to be text."""
    if not hasattr(value, "to_frame"):
        return value
    return value.to_frame(name="0" if value.name is None else str(value.name))
