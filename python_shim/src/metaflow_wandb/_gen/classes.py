"""The classification table. Generated from src/domain/classify.ts; do not edit."""

# ruff: noqa
from __future__ import annotations

from typing import NamedTuple


class ClassRule(NamedTuple):
    """One row; see `ClassRule` in src/domain/classify.ts."""

    value_class: str
    needs: str | None
    type_names: tuple[str, ...]
    track_answer: str
    use_answer: str | None
    encodings: tuple[str, ...]


CLASS_RULES: tuple[ClassRule, ...] = (
    ClassRule(
        "dataset",
        "datasets",
        (
            "pandas.DataFrame",
            "pandas.core.frame.DataFrame",
        ),
        "pd.DataFrame",
        "datasets",
        ("parquet", "pickle",),
    ),
    ClassRule(
        "dataset",
        "datasets",
        (
            "pandas.Series",
            "pandas.core.series.Series",
        ),
        "pd.Series",
        "datasets",
        ("parquet", "pickle",),
    ),
    ClassRule(
        "dataset",
        "datasets",
        (
            "polars.dataframe.frame.DataFrame",
        ),
        "pl.DataFrame",
        "datasets",
        ("parquet", "pickle",),
    ),
    ClassRule(
        "dataset",
        "datasets",
        (
            "pyarrow.lib.Table",
        ),
        "pa.Table",
        "datasets",
        ("parquet", "pickle",),
    ),
    ClassRule(
        "model",
        "models",
        (
            "torch.nn.modules.module.Module",
        ),
        "nn.Module",
        "models",
        ("torch", "pickle",),
    ),
    ClassRule(
        "model",
        "models",
        (
            "sklearn.base.BaseEstimator",
        ),
        "BaseEstimator",
        "models",
        ("pickle",),
    ),
    ClassRule(
        "dataset",
        "datasets",
        (
            "pathlib.Path",
            "pathlib._local.Path",
        ),
        "Path",
        "datasets",
        ("files",),
    ),
    ClassRule(
        "base",
        None,
        (
            "builtins.dict",
            "builtins.list",
            "builtins.set",
            "builtins.str",
            "builtins.int",
            "builtins.float",
            "builtins.bool",
            "builtins.tuple",
            "builtins.frozenset",
            "builtins.NoneType",
            "numpy.generic",
            "datetime.date",
            "datetime.time",
            "datetime.timedelta",
            "decimal.Decimal",
            "uuid.UUID",
            "enum.Enum",
        ),
        "scalar",
        None,
        (),
    ),
    ClassRule(
        "other",
        "others",
        (),
        "generic",
        "others",
        ("pickle",),
    ),
)
