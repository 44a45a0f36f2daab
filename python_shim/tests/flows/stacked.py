"""Decorations among decorators and mutators of the user's own."""

from metaflow import FlowMutator, FlowSpec, StepMutator, step, user_step_decorator

from metaflow_wandb import wandb_log


@user_step_decorator
def my_deco(step_name, flow, inputs=None, attr=None):
    flow.from_deco = 1
    yield


class AddRetry(StepMutator):
    def mutate(self, s):
        s.add_decorator("retry", deco_kwargs={"times": 0})


class AddWandb(FlowMutator):
    def pre_mutate(self, f):
        for n, s in f.steps:
            if n == "e":
                s.add_decorator("wandb_log", deco_kwargs={"others": True})


@AddWandb
class StackedFlow(FlowSpec):
    @my_deco
    @wandb_log(others=True)
    @step
    def start(self):
        self.a = b"1"
        self.next(self.b)

    @wandb_log(others=True)
    @my_deco
    @step
    def b(self):
        self.b1 = b"2"
        self.next(self.c)

    @my_deco
    @step
    @wandb_log(others=True)
    def c(self):
        self.c1 = b"3"
        self.next(self.d)

    @AddRetry
    @wandb_log(others=True)
    @step
    def d(self):
        self.d1 = b"4"
        self.next(self.e)

    @step
    def e(self):
        self.e1 = b"5"
        self.next(self.end)

    @wandb_log(others=True)
    @AddRetry
    @step
    def end(self):
        self.f = b"6"


if __name__ == "__main__":
    StackedFlow()
