"""Takes the records that W&B's client would send to its service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from wandb.proto import wandb_internal_pb2
from wandb.sdk.interface.interface_shared import InterfaceShared
from wandb.sdk.mailbox import MailboxHandle

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._kept import kept_from_step
from metaflow_wandb._instep._logged_artifact import logged_artifact
from metaflow_wandb._instep._run_files import RunFiles
from metaflow_wandb._instep._strict_json import strict_json_text
from metaflow_wandb._instep._task_run import Path, TaskRun, set_given
from metaflow_wandb._wire_text import sendable

# Chosen at run time to fit the installed protobuf.
_wandb_pb: Any = wandb_internal_pb2
_SUMMARIES = ("min", "max", "mean", "last", "first", "best", "copy", "none")
_GOALS = {1: "minimize", 2: "maximize"}


class StepInterface(InterfaceShared):
    """Translates records into what a `TaskRun` takes; others are dropped.

    What goes wrong on the way never reaches the step.
    """

    def __init__(self, task_run: TaskRun, files: RunFiles) -> None:
        super().__init__()
        # Where older clients look for it.
        self.interface = self
        self._task_run = task_run
        self._run_files = files
        self._artifacts_sent: set[str] = set()
        self._fields = {"name": task_run.identity.name, "notes": None, "tags": []}
        self._takers: dict[str, Callable[[Any], None]] = {
            "config": self._take_config,
            "summary": self._take_summary,
            "metric": self._take_metric,
            "files": self._take_files,
        }

    def publish_run(self, run: Any) -> None:
        """Take the run's name, notes and tags, where they changed."""
        now = {"name": run.name, "notes": run.notes, "tags": list(run.tags or ())}
        changed = {key: value for key, value in now.items() if self._fields[key] != value}
        self._fields = now
        fields = pb.RunFields()
        if "name" in changed:
            fields.name = sendable(now["name"] or "")
        if "notes" in changed:
            fields.notes = sendable(now["notes"] or "")
        if "tags" in changed:
            fields.tags.extend(sendable(tag) for tag in now["tags"])
            fields.tags_set = True
        if changed:
            self._task_run.change_fields(fields)

    def publish_artifact(
        self,
        run: Any,
        artifact: Any,
        aliases: Any,
        tags: Any = None,
        is_user_created: bool = False,
        use_after_commit: bool = False,
        finalize: bool = True,
    ) -> None:
        """Send an artifact and its files."""
        if artifact._client_id in self._artifacts_sent or self._task_run.drops:
            return
        self._artifacts_sent.add(artifact._client_id)
        with kept_from_step(f"artifact {artifact.name}"):
            send = self._run_files.send_staged
            self._task_run.log_artifact(logged_artifact(artifact, aliases, tags or (), send))

    def deliver_artifact(self, *args: Any, **kwargs: Any) -> MailboxHandle[Any]:
        """Do as `publish_artifact` does."""
        kwargs.pop("history_step", None)
        self.publish_artifact(*args[:4], **kwargs)
        return _Answered(_wandb_pb.Result())

    def _record_client_encode(self, seconds: float) -> None:
        """Measure nothing: the client would start its telemetry for it."""

    def _publish(self, record: Any, *, nowait: bool = False, **_: Any) -> None:
        kind = record.WhichOneof("record_type") or ""
        with kept_from_step("what the step logged"):
            if kind == "request":
                if record.request.HasField("partial_history"):
                    self._take_history(record.request.partial_history)
            elif kind in self._takers:
                self._takers[kind](getattr(record, kind))

    def _deliver(self, record: Any) -> MailboxHandle[Any]:
        self._publish(record)
        result = _wandb_pb.Result()
        asked = record.request.WhichOneof("request_type")
        if asked == "get_summary":
            for key, value in list(self._task_run.summary.items()):
                result.response.get_summary_response.item.add(key=key, value_json=value)
        elif asked == "history_step":
            result.response.history_step_response.step = self._task_run.step
        return _Answered(result)

    async def deliver_async(self, record: Any) -> MailboxHandle[Any]:
        return self._deliver(record)

    def _take_history(self, history: Any) -> None:
        items = {}
        for item in history.item:
            with kept_from_step(item.key):
                items[item.key] = strict_json_text(item.value_json)
        step = history.step.num if history.HasField("step") else None
        commit = history.action.flush if history.HasField("action") else None
        self._task_run.log(items, step, commit)

    def _take_config(self, config: Any) -> None:
        updated: dict[Path, str] = {}
        for item in config.update:
            path = tuple(item.nested_key) or (item.key,)
            if path == ("_wandb",):
                # The client's own notes; each is one, so that none replaces the others.
                for key, value in json.loads(item.value_json).items():
                    updated["_wandb", key] = json.dumps(value)
            else:
                with kept_from_step(".".join(path)):
                    updated[path] = strict_json_text(item.value_json)
        removed = [tuple(item.nested_key) or (item.key,) for item in config.remove]
        if updated or removed:
            self._task_run.change_config(updated, removed)

    def _take_summary(self, summary: Any) -> None:
        updated: dict[Path, str] = {}
        for item in summary.update:
            path = tuple(item.nested_key) or (item.key,)
            with kept_from_step(".".join(path)):
                updated[path] = strict_json_text(item.value_json)
        removed = [tuple(item.nested_key) or (item.key,) for item in summary.remove]
        if updated or removed:
            self._task_run.change_summary(updated, removed)

    def _take_metric(self, metric: Any) -> None:
        definition = pb.MetricDefinition(
            name=sendable(metric.name or metric.glob_name),
            step_metric=sendable(metric.step_metric),
            summary=[word for word in _SUMMARIES if getattr(metric.summary, word, False)],
            goal=_GOALS.get(getattr(metric, "goal", 0), ""),
        )
        set_given(
            definition,
            step_sync=metric.options.step_sync or None,
            hidden=metric.options.hidden or None,
            overwrite=metric._control.overwrite or None,
        )
        self._task_run.define_metric(definition)

    def _take_files(self, files: Any) -> None:
        for item in files.files:
            if item.policy != _wandb_pb.FilesItem.PolicyType.END:
                self._run_files.publish(item.path)


class _Answered(MailboxHandle[Any]):
    """A handle whose answer is there."""

    def __init__(self, answer: Any) -> None:
        no_loop: Any = None
        super().__init__(no_loop)
        self._answer = answer

    def abandon(self) -> None:
        """Do nothing; older clients ask for it."""

    def cancel(self) -> None:
        pass

    def wait_or(self, *, timeout: float | None) -> Any:
        return self._answer

    async def wait_async(self, *, timeout: float | None) -> Any:
        return self._answer
