"""`metaflow_wandb.run`: the task's W&B run, without W&B's client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from metaflow_wandb._instep import _active

if TYPE_CHECKING:
    from metaflow_wandb._instep._task_run import TaskRun

_SUMMARY_WORDS = ("min", "max", "mean", "last", "first", "best", "none")


class LightRun:
    """The run of the task that this process runs, for numbers, text and what JSON takes.

    Where no logged step runs, its methods do nothing and its properties are
    empty. A wrong type raises TypeError in either case. For media and
    artifacts use W&B's client, whose `wandb.run` is the same run.
    """

    @property
    def id(self) -> str:
        """Id of the run; empty outside a logged step."""
        run = _task_run()
        return "" if run is None else run.id

    @property
    def name(self) -> str:
        """Display name."""
        run = _task_run()
        return "" if run is None else run.identity.name

    @property
    def group(self) -> str:
        """Group of the flow run's tasks."""
        run = _task_run()
        return "" if run is None else run.identity.group

    @property
    def url(self) -> str:
        """Address of the run's page, empty where the sidecar doesn't know it yet."""
        run = _task_run()
        return "" if run is None else run.url

    @property
    def project(self) -> str:
        """Project."""
        run = _task_run()
        return "" if run is None else run.project

    @property
    def entity(self) -> str:
        """Entity, empty where the sidecar doesn't know it yet."""
        run = _task_run()
        return "" if run is None else run.entity

    @property
    def config(self) -> RunValues:
        """The run's config; the flow's parameters are in it."""
        return RunValues("config")

    @property
    def summary(self) -> RunValues:
        """The run's summary: the last value of each metric, unless it is set here."""
        return RunValues("summary")

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None
    ) -> None:
        """Add values to the run's history, as `wandb.log` does.

        Raises:
            TypeError: `data` is no dict with text as keys, or a value is not
                what JSON takes.
        """
        if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
            raise TypeError("run.log takes a dict whose keys are text")
        items = {key: _json(value) for key, value in data.items()}
        run = _task_run()
        if run is not None:
            run.log(items, step, commit)

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> None:
        """Say how a metric is shown and summarised, as `wandb.define_metric` does.

        Raises:
            ValueError: the name is empty, or `summary` or `goal` has a word
                that W&B doesn't know.
        """
        words = [word.strip().lower() for word in summary.split(",")] if summary else []
        unknown = [word for word in words if word not in _SUMMARY_WORDS]
        if not name or unknown or goal not in (None, "minimize", "maximize"):
            raise ValueError(f"define_metric: {name!r}, summary={summary!r}, goal={goal!r}")
        run = _task_run()
        if run is None:
            return
        from metaflow_wandb._gen import ingest_pb2 as pb
        from metaflow_wandb._instep._task_run import set_given

        metric = pb.MetricDefinition(
            name=name, step_metric=step_metric or "", summary=words, goal=goal or ""
        )
        if step_sync is None and step_metric is not None:
            step_sync = True  # as with the client, a metric follows a step of its own
        set_given(metric, step_sync=step_sync, hidden=hidden, overwrite=overwrite)
        run.define_metric(metric)


class RunValues(MutableMapping[str, Any]):
    """The config or the summary of the running task's run."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getitem__(self, key: str) -> Any:
        return self._values()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        text = _json(value)
        run = _task_run()
        if run is None:
            return
        if self._kind == "config":
            run.config[key] = value
            run.change_config({(key,): text})
        else:
            run.change_summary({(key,): text})

    def __delitem__(self, key: str) -> None:
        del self._values()[key]
        run = _task_run()
        if run is None:
            return
        if self._kind == "config":
            run.config.pop(key, None)
            run.change_config({}, [(key,)])
        else:
            run.change_summary({}, [(key,)])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        return repr(self._values())

    def _values(self) -> dict[str, Any]:
        run = _task_run()
        if run is None:
            return {}
        if self._kind == "config":
            return dict(run.config)
        import json

        return {key: json.loads(value) for key, value in run.summary.items()}


def _task_run() -> TaskRun | None:
    return None if _active.in_step is None else _active.in_step.task_run()


def _json(value: Any) -> str:
    from metaflow_wandb._instep._strict_json import strict_json

    return strict_json(value, _plain)


def _plain(value: Any) -> Any:
    """Return what stands for a number of numpy's or torch's.

    Raises:
        TypeError: the value is something else.
    """
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    raise TypeError(
        f"metaflow_wandb.run takes numbers, text, lists and dicts, not {type(value).__name__}; "
        "use W&B's client for media and artifacts"
    )


run = LightRun()
