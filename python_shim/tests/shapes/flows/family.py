"""Steps and helpers of base classes and mixins, some overridden; decorated here and there."""

from logged import wandb_log
from metaflow import FlowSpec, Parameter, step


class Loads:
    """Knows nothing of Metaflow."""

    def load(self, text):
        self.rows = len(text)
        self.data = text.encode()
        return self.rows

    @staticmethod
    def double(value):
        return 2 * value

    @property
    def shape(self):
        return (self.rows, 1)


class Prepares:
    """Has a step, and is no flow."""

    @step
    @wandb_log(others=True)
    def prepare(self):
        self.prepared = self.double(self.load("prepared"))
        self.next(self.train)


@wandb_log
class Base(FlowSpec):
    """Is no whole flow by itself."""

    rate = Parameter("rate", default=0.5)

    @step
    def start(self):
        self.data = b"start"
        self.next(self.prepare)

    @step
    def train(self):
        self.trained = self.describe()
        self.next(self.end)

    def describe(self):
        return f"base with {self.rate}"

    @step
    def end(self):
        self.last = (self.trained, self.shape)


@wandb_log(others=True)
class FamilyFlow(Loads, Prepares, Base):
    def describe(self):
        return super().describe() + f" and {self.rows} rows of {len(self.data)}"

    @step
    def train(self):
        self.trained = self.describe() + "!"
        assert isinstance(self, FlowSpec)
        assert type(self) is FamilyFlow
        self.next(self.end)


if __name__ == "__main__":
    FamilyFlow()
