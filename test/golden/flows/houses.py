"""Data and models that the golden flows share. Nothing here depends on chance or on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FEATURES = ["area", "rooms"]


def table() -> pd.DataFrame:
    """Sixteen houses, made by arithmetic."""
    import pandas as pd  # not above, since most steps need neither of the libraries

    rows = [(40 + 9 * i, 1 + i // 4, 100 + 31 * i + (i * i) % 7) for i in range(16)]
    return pd.DataFrame(rows, columns=[*FEATURES, "price"])


def fitted(kind: str, train: pd.DataFrame, seed: int):
    """A small model of that kind."""
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

    regressors = {"forest": RandomForestRegressor, "boosting": GradientBoostingRegressor}
    return regressors[kind](n_estimators=2, max_depth=2, random_state=seed).fit(
        train[FEATURES], train["price"]
    )
