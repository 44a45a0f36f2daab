"""Logs every step: the flow class carries `@wandb_log`.

python examples/flow_decorated_flow.py run
"""

import json
import tempfile
from pathlib import Path

import pandas as pd
from metaflow import FlowSpec, Parameter, step
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from metaflow_wandb import wandb_log


@wandb_log(datasets=True, models=True)
class HousePricesByFlow(FlowSpec):
    """Fits two kinds of model in parallel branches and compares them."""

    trees = Parameter("trees", default=20, help="number of trees of the forest")
    data = Parameter("data", default=str(Path(__file__).parent / "houses.csv"), help="path of the CSV file")

    @step
    def start(self):
        """Reads the data: one dataset, used by both branches."""
        self.houses = pd.read_csv(self.data)
        self.columns = ["area_m2", "rooms", "age_years", "distance_km"]
        self.next(self.line, self.forest)

    @step
    def line(self):
        """Fits a linear model."""
        self.model = LinearRegression().fit(self.houses[self.columns], self.houses["price_keur"])
        self.next(self.compare)

    @step
    def forest(self):
        """Fits a random forest."""
        forest = RandomForestRegressor(n_estimators=self.trees, max_depth=4, random_state=0)
        self.model = forest.fit(self.houses[self.columns], self.houses["price_keur"])
        self.next(self.compare)

    @step
    def compare(self, inputs):
        """Writes a report to disk: a `Path` is logged as the files it points to."""
        houses = inputs.line.houses
        features, prices = houses[inputs.line.columns], houses["price_keur"]
        self.scores = {
            "line": inputs.line.model.score(features, prices),
            "forest": inputs.forest.model.score(features, prices),
        }
        self.report = Path(tempfile.mkdtemp(prefix="house-prices-")) / "report"
        self.report.mkdir()
        (self.report / "scores.json").write_text(json.dumps(self.scores, indent=2))
        houses.describe().to_csv(self.report / "columns.csv")
        self.next(self.end)

    @step
    def end(self):
        """Has a run of its own, which holds the parameters."""
        print({name: round(score, 3) for name, score in self.scores.items()})


if __name__ == "__main__":
    HousePricesByFlow()
