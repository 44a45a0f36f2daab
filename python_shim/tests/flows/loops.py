"""A step that repeats itself, and one that runs in parallel."""

from metaflow import FlowSpec, parallel, step

from metaflow_wandb import wandb_log


@wandb_log
class LoopsFlow(FlowSpec):
    @step
    def start(self):
        self.count = 0
        self.next(self.loop)

    @step
    def loop(self):
        self.count += 1
        self.again = "yes" if self.count < 3 else "no"
        self.next({"yes": self.loop, "no": self.spread}, condition="again")

    @step
    def spread(self):
        self.next(self.each, num_parallel=2)

    @parallel
    @step
    def each(self):
        self.mine = 1
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(each.mine for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    LoopsFlow()
