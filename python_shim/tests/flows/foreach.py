"""A foreach with a join; decorated by nothing, for `--with` and the like."""

from metaflow import FlowSpec, step


class ForeachFlow(FlowSpec):
    @step
    def start(self):
        self.items = ["a", "b", "c"]
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.letter = self.input.upper()
        self.payload = self.letter.encode()
        self.next(self.join)

    @step
    def join(self, inputs):
        self.letters = [each.letter for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    ForeachFlow()
