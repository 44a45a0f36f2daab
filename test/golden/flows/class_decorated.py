"""Three steps under a decorated class, every flag on, and a value of each type that is always logged."""

from pathlib import Path

import houses
import wandb
from metaflow import FlowSpec, Parameter, step
from wandb.integration.metaflow import wandb_log


@wandb_log(datasets=True, models=True, others=True)
class ClassDecorated(FlowSpec):
    """Everything is logged, by default, in every step."""

    seed = Parameter("seed", default=11)
    source = Parameter("source", default=Path(__file__).parent / "houses.py", help="a path, as default")

    @step
    def start(self):
        """Makes a frame and base values of every type."""
        self.table = houses.table()
        self.text, self.whole, self.real, self.yes = "text", 3, 0.5, True
        self.some = [1, 2.5, "three", None]
        self.nested = {"a": {"b": 1}, "c": [1, 2]}
        self.members = {3}
        self.next(self.fit)

    @step
    def fit(self):
        """Makes a model, a file and a directory."""
        self.model = houses.fitted("boosting", self.table, self.seed)
        self.folder = Path("folder")
        (self.folder / "deep").mkdir(parents=True, exist_ok=True)
        (self.folder / "deep" / "a.txt").write_text("a")
        (self.folder / "b.txt").write_text("b")
        self.file = Path("single.txt")
        self.file.write_text("single")
        self.next(self.end)

    @step
    def end(self):
        """Makes an array, which `others` asks for."""
        self.predicted = self.model.predict(self.table[houses.FEATURES])
        self.score = float(self.model.score(self.table[houses.FEATURES], self.table["price"]))


if __name__ == "__main__":
    wandb.setup()
    ClassDecorated()
