"""The step decorator and the flow mutator that Metaflow knows `wandb_log` by.

Hooks only hand over to `metaflow_wandb`; nothing heavy is imported here,
since Metaflow imports this module whenever it is imported itself.
"""

from __future__ import annotations

from typing import Any, ClassVar

from metaflow.decorators import StepDecorator
from metaflow.exception import MetaflowException
from metaflow.user_decorators.user_flow_decorator import FlowMutator

from metaflow_wandb import _launcher, _run_mark
from metaflow_wandb._options import LogOptions, options_from_spec
from metaflow_wandb._step_marks import mark, mark_steps

NAME = "wandb_log"


class WandbLogDecorator(StepDecorator):
    """Logs a step through the sidecar.

    Attributes that Metaflow knows of, and writes into its datastore, are the
    flags alone; `settings` may hold credentials and stays on `step_options`.
    """

    name = NAME
    defaults: ClassVar[dict[str, Any]] = {
        "datasets": False,
        "models": False,
        "others": False,
        "enabled": True,
    }
    # Whether our files go into the code package for this step: Metaflow looks at each again.
    _ships = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Decorations of the step itself, nearest to the function first.
        self.step_options: list[LogOptions] = []
        self.carries_flow_options = False
        self._session: Any = None
        self._spins = False

    def __getstate__(self) -> dict[str, Any]:
        # Goes along where a step sends its flow class to other processes.
        return {**self.__dict__, "_session": None}

    def init(self) -> None:
        try:
            options = options_from_spec(self.attributes)
        except (TypeError, ValueError) as error:
            raise MetaflowException(str(error)) from None
        self.attributes.update({name: getattr(options, name) for name in self.defaults})

    def layers(self, flow_class: type) -> dict[str, list[LogOptions]]:
        """Return the decorations that cover the step, by where they were written."""
        step, with_ = list(self.step_options), []
        if not step and not self.carries_flow_options:
            own = options_from_spec(self.attributes)
            (with_ if self._came_by_command_line() else step).append(own)
        return {"step": step, "flow": flow_options(flow_class), "with": with_}

    def _came_by_command_line(self) -> bool:
        return not self.statically_defined and not self.inserted_by

    def step_init(
        self,
        flow: Any,
        graph: Any,
        step_name: str,
        decorators: Any,
        environment: Any,
        flow_datastore: Any,
        logger: Any,
    ) -> None:
        self._spins = getattr(flow_datastore, "TYPE", "") == "spin"
        ours = (each for step in flow for each in step.decorators if each.name == NAME)
        self._ships = next(ours, None) is self
        _watch_other_steps(flow, in_task=True)

    def add_to_package(self) -> list[tuple[str, str]]:
        return _launcher.files_to_ship() if self._ships else []

    def runtime_init(self, flow: Any, graph: Any, package: Any, run_id: str) -> None:
        # Not before: `show` lists a flow's decorators.
        _watch_other_steps(flow, in_task=False)
        if not self._spins:
            _launcher.run_begins(flow)

    def runtime_step_cli(
        self, cli_args: Any, retry_count: int, max_user_code_retries: int, ubf_context: Any
    ) -> None:
        mark = _run_mark.launcher_mark()
        if mark:
            cli_args.env[_run_mark.VARIABLE] = mark
        _launcher.task_begins(cli_args.env)

    def runtime_finished(self, exception: Any) -> None:
        _launcher.run_ends()
        _run_mark.remove_launcher_mark()

    def task_pre_step(
        self,
        step_name: str,
        task_datastore: Any,
        metadata: Any,
        run_id: str,
        task_id: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
        ubf_context: Any,
        inputs: Any,
    ) -> None:
        from metaflow_wandb._hooks import TaskContext, begin_task

        self._session = begin_task(
            TaskContext(
                step_name=step_name,
                datastore=task_datastore,
                metadata=metadata,
                run_id=run_id,
                task_id=task_id,
                flow=flow,
                graph=graph,
                retry_count=retry_count,
                max_user_code_retries=max_user_code_retries,
                inputs=inputs,
            ),
            lambda: self.layers(type(flow)),
        )

    def task_post_step(
        self, step_name: str, flow: Any, graph: Any, retry_count: int, max_user_code_retries: int
    ) -> None:
        if self._session is not None:
            self._session.step_succeeded()

    def task_exception(
        self,
        exception: BaseException,
        step_name: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
    ) -> None:
        if self._session is not None:
            self._session.step_raised(exception)

    def task_finished(
        self,
        step_name: str,
        flow: Any,
        graph: Any,
        is_task_ok: bool | None,
        retry_count: int,
        max_user_code_retries: int,
    ) -> None:
        if self._session is not None:
            self._session.task_finished(is_task_ok)


class WandbLogFlow(FlowMutator):
    """Puts a `WandbLogDecorator` on each step that has none.

    A mutator, since Metaflow applies those of a base class to its subclasses'
    own steps too.
    """

    options = LogOptions()

    def pre_mutate(self, mutable_flow: Any) -> None:
        for _, step in mutable_flow.steps:
            function = step._my_step
            if all(decorator.name != NAME for decorator in function.decorators):
                carrier = _decorator(self.options)
                carrier.inserted_by = [NAME]
                carrier.carries_flow_options = True
                function.decorators.append(carrier)


def flow_options(flow_class: Any) -> list[LogOptions]:
    """Return the decorations of a flow class, a subclass's before its base's."""
    from metaflow.flowspec import FlowStateItems

    mutators = [
        mutator
        for mutator in flow_class._flow_state[FlowStateItems.FLOW_MUTATORS]
        if isinstance(mutator, WandbLogFlow)
    ]
    mro = flow_class.__mro__
    mutators.sort(key=lambda mutator: mro.index(mutator._flow_cls))
    return [mutator.options for mutator in mutators]


def _watch_other_steps(flow: Any, in_task: bool) -> None:
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_extensions.metaflow_wandb.plugins import wandb_lineage_decorator

        wandb_lineage_decorator.watch_other_steps(flow, in_task)


def decorate_step(function: Any, options: LogOptions) -> Any:
    """Attach `options` to a step; a second decoration adds to the first."""
    present = next((deco for deco in function.decorators if deco.name == NAME), None)
    if present is None:
        present = _decorator(options)
        function.decorators.append(present)
        mark(function, options)
    present.step_options.append(options)
    return function


def decorate_flow(flow_class: Any, options: LogOptions) -> Any:
    """Attach `options` to a flow class.

    Raises:
        TypeError: the class is no FlowSpec.
    """
    from metaflow.flowspec import FlowSpec

    if not issubclass(flow_class, FlowSpec):
        raise TypeError(
            f"wandb_log decorates a step or a FlowSpec class, not class {flow_class.__name__!r}"
        )
    mutator = WandbLogFlow()
    mutator.options = options
    mutator(flow_class)
    mark_steps(flow_class, options, NAME)
    return flow_class


def _decorator(options: LogOptions) -> WandbLogDecorator:
    flags = {name: getattr(options, name) for name in WandbLogDecorator.defaults}
    return WandbLogDecorator(attributes=flags, statically_defined=True)
