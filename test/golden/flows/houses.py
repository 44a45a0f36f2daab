"""Data and models that the golden flows share. Nothing here depends on chance or on this machine."""

import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

FEATURES = ["area", "rooms"]
REGRESSORS = {"forest": RandomForestRegressor, "boosting": GradientBoostingRegressor}


def table() -> pd.DataFrame:
    """Sixteen houses, made by arithmetic."""
    rows = [(40 + 9 * i, 1 + i // 4, 100 + 31 * i + (i * i) % 7) for i in range(16)]
    return pd.DataFrame(rows, columns=[*FEATURES, "price"])


def fitted(kind: str, train: pd.DataFrame, seed: int):
    """A small model of that kind."""
    return REGRESSORS[kind](n_estimators=2, max_depth=2, random_state=seed).fit(
        train[FEATURES], train["price"]
    )
