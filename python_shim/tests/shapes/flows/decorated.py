"""Decorators and mutators of the user's own, in any order with `wandb_log`."""

import os

from logged import wandb_log
from metaflow import (
    FlowMutator,
    FlowSpec,
    StepMutator,
    UserStepDecorator,
    card,
    step,
    user_step_decorator,
)
from metaflow.user_decorators.mutable_step import MutableStep


@user_step_decorator
def around(step_name, flow, inputs=None, attributes=None):
    flow.before = step_name
    print("before", step_name)
    yield
    flow.after = [flow.before, "and after"]
    print("after", step_name)


@user_step_decorator
def swallows(step_name, flow, inputs=None, attributes=None):
    try:
        yield
    except ValueError as error:
        flow.swallowed = str(error)


class Instead(UserStepDecorator):
    """Runs another function in place of the step."""

    def pre_step(self, step_name, flow, inputs=None):
        def instead(flow):
            flow.instead = step_name
            flow.blob = b"instead"
            flow.next(flow.end)

        return instead


class WithRetry(StepMutator):
    def mutate(self, mutable_step):
        mutable_step.add_decorator("retry", deco_kwargs={"times": 0})


class LogsByName(FlowMutator):
    def init(self, step_name, duplicates):
        self.only, self.duplicates = step_name, duplicates

    def pre_mutate(self, mutable_flow):
        for name, each in mutable_flow.steps:
            if name == self.only and not os.environ.get("PLAIN"):
                options = {"others": True}
                each.add_decorator("wandb_log", deco_kwargs=options, duplicates=self.duplicates)


class Timed(FlowMutator):
    def mutate(self, mutable_flow):
        for _, mutable_step in mutable_flow.steps:
            mutable_step.add_decorator("environment", deco_kwargs={"vars": {"MINE": "1"}})


@LogsByName("over_the_flow", MutableStep.OVERRIDE)
@wandb_log
@LogsByName("before_the_flow", MutableStep.IGNORE)
@Timed
class DecoratedFlow(FlowSpec):
    @wandb_log(others=True)
    @around
    @step
    def start(self):
        self.blob = b"start"
        self.next(self.below)

    @around
    @WithRetry
    @step
    @wandb_log(others=True)
    def below(self):
        self.seen = len(self.blob)
        self.blob = b"below"
        self.next(self.above)

    @WithRetry
    @around
    @card(type="blank")
    @wandb_log(others=True)
    @step
    def above(self):
        self.seen = len(self.blob)
        self.next(self.before_the_flow)

    @around
    @step
    def before_the_flow(self):
        self.seen = len(self.blob)
        self.blob = b"by name"
        self.next(self.over_the_flow)

    @step
    def over_the_flow(self):
        self.seen = len(self.blob)
        self.blob = b"by name again"
        self.next(self.replaced)

    @Instead
    @wandb_log(others=True)
    @step
    def replaced(self):
        raise AssertionError("another function runs")
        self.next(self.end)

    @swallows
    @wandb_log(others=True)
    @around
    @step
    def end(self):
        self.env = os.environ["MINE"]
        self.seen = len(self.blob)
        raise ValueError("no longer of interest")


if __name__ == "__main__":
    DecoratedFlow()
