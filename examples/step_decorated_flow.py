"""Logs chosen steps: each carries its own `@wandb_log`.

python examples/step_decorated_flow.py run
"""

from pathlib import Path

import pandas as pd
from metaflow import FlowSpec, Parameter, step
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from metaflow_wandb import wandb_log


class HousePricesByStep(FlowSpec):
    """Fits house prices with several strengths of regularisation and keeps the best."""

    seed = Parameter("seed", default=7, help="seed of the split")
    test_share = Parameter("test_share", default=0.25, help="share of rows to test on")
    data = Parameter("data", default=str(Path(__file__).parent / "houses.csv"), help="path of the CSV file")

    @wandb_log(datasets=True)
    @step
    def start(self):
        """Reads and splits the data: three datasets in W&B."""
        self.houses = pd.read_csv(self.data)
        self.train_rows, self.test_rows = train_test_split(
            self.houses, test_size=self.test_share, random_state=self.seed
        )
        self.strengths = [0.1, 10.0, 1000.0]
        self.next(self.fit, foreach="strengths")

    @wandb_log(models=True)
    @step
    def fit(self):
        """Fits one model: a W&B run of its own for each strength."""
        self.strength = self.input
        features = self.train_rows.drop(columns="price_keur")  # a local variable: never logged
        self.model = Ridge(alpha=self.strength).fit(features, self.train_rows["price_keur"])
        self.next(self.choose)

    @wandb_log(models=True)
    @step
    def choose(self, inputs):
        """Scores every branch's model on the test rows and keeps the best."""
        test_rows = inputs[0].test_rows
        features, prices = test_rows.drop(columns="price_keur"), test_rows["price_keur"]
        self.scores = {str(i.strength): r2_score(prices, i.model.predict(features)) for i in inputs}
        best = max(inputs, key=lambda i: self.scores[str(i.strength)])
        self.best_strength = best.strength
        self.best_model = best.model
        self.next(self.end)

    @step
    def end(self):
        """Not decorated: nothing of this step is logged."""
        print(f"best strength {self.best_strength}: R² = {self.scores[str(self.best_strength)]:.3f}")


if __name__ == "__main__":
    HousePricesByStep()
