"""A foreach that knows nothing of W&B; decorated from outside, if at all."""

from metaflow import FlowSpec, step


class UndecoratedFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"data"
        self.letters = ["a", "b"]
        self.next(self.body, foreach="letters")

    @step
    def body(self):
        self.made = self.data + self.input.encode()
        print("body", self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.sizes = [len(each.made) for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        self.total = sum(self.sizes)


if __name__ == "__main__":
    UndecoratedFlow()
