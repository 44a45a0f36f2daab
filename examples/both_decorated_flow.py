"""Logs every step by the flow's `@wandb_log`, but one that overrides it.

python examples/both_decorated_flow.py run
"""

from pathlib import Path

import pandas as pd
from metaflow import FlowSpec, Parameter, step
from sklearn.tree import DecisionTreeRegressor

from metaflow_wandb import wandb_log


@wandb_log(datasets=True, models=True)
class HousePricesByBoth(FlowSpec):
    """Fits a tree, and tries another whose data and model stay out of W&B."""

    depth = Parameter("depth", default=4, help="greatest depth of the tree")
    data = Parameter("data", default=str(Path(__file__).parent / "houses.csv"), help="path of the CSV file")

    @step
    def start(self):
        """As the flow says: datasets and models are logged."""
        self.houses = pd.read_csv(self.data)
        self.next(self.fit)

    @step
    def fit(self):
        """As the flow says, and the run used the very version of `houses` that `start` made."""
        self.model = fit_tree(self.houses, self.depth)
        self.score = self.model.score(self.houses.drop(columns="price_keur"), self.houses["price_keur"])
        self.next(self.experiment)

    @wandb_log(datasets=False, models=False)
    @step
    def experiment(self):
        """The step's own decoration wins: its numbers are logged, `recent` and `small_model` are not."""
        self.recent = self.houses[self.houses["age_years"] < 30]
        self.small_model = fit_tree(self.recent, depth=2)
        self.recent_rows = len(self.recent)
        self.next(self.end)

    @step
    def end(self):
        """Has a run of its own, which holds the parameters."""
        print(f"R² = {self.score:.3f}; {self.recent_rows} houses are younger than 30 years")


def fit_tree(houses: pd.DataFrame, depth: int) -> DecisionTreeRegressor:
    """A tree that predicts the price from every other column."""
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0)
    return tree.fit(houses.drop(columns="price_keur"), houses["price_keur"])


if __name__ == "__main__":
    HousePricesByBoth()
