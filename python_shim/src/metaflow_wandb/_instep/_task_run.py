"""The W&B run of the running task, as what its step logs sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from metaflow_wandb._clock import now_us
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._instep._sender import LogSender
from metaflow_wandb._wire_text import sendable

Path = tuple[str, ...]


class RunIdentity(NamedTuple):
    """What is known of a task's run without the sidecar.

    The project and the entity are a guess where the sidecar has settings of its own.
    """

    id: str
    name: str
    group: str
    job_type: str
    project: str
    entity: str


class TaskRun:
    """Describes what a step logs, and remembers what it may ask for again.

    Values are strict JSON. Any thread may call; a child that the step forks is
    not heard. Without a sender everything is dropped.
    """

    def __init__(
        self,
        identity: RunIdentity,
        sender: LogSender | None,
        ask_opened: Callable[[], pb.Opened | None],
        config: Mapping[str, Any],
    ) -> None:
        self.identity = identity
        # What the flow's parameters and `metaflow_wandb.run` put into the config.
        self.config: dict[str, Any] = dict(config)
        # JSON of the last value of each key.
        self.summary: dict[str, str] = {}
        # The step of W&B's history that the next `log` belongs to.
        self.step = 0
        self._sender = sender
        self._ask_opened = ask_opened
        self._opened: pb.Opened | None = None
        self._lock = threading.RLock()
        self._asking = threading.Lock()

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def url(self) -> str:
        return self._from_sidecar().wandb_run_url

    @property
    def project(self) -> str:
        return self._from_sidecar().wandb_project or self.identity.project

    @property
    def entity(self) -> str:
        return self._from_sidecar().wandb_entity or self.identity.entity

    def log(self, items: Mapping[str, str], step: int | None, commit: bool | None) -> None:
        """Add to the history; the summary follows."""
        with self._lock:
            if step is not None and step > self.step:
                self.step = step
            if commit or (step is None and commit is None):
                self.step += 1
            # W&B's client keeps time stamps and the like to itself.
            self.summary.update((k, v) for k, v in items.items() if not k.startswith("_"))
        history = pb.HistoryEntry(items=[_named((key,), value) for key, value in items.items()])
        set_given(history, step=step, commit=commit)
        self._add(pb.LogEntry(history=history))

    def change_config(self, updated: Mapping[Path, str], removed: Sequence[Path] = ()) -> None:
        """Change the config."""
        self._add(pb.LogEntry(config=_values(updated, removed)))

    def change_summary(self, updated: Mapping[Path, str], removed: Sequence[Path] = ()) -> None:
        """Change the summary."""
        with self._lock:
            for path, value in updated.items():
                self._remember(path, value)
            for path in removed:
                self._remember(path, None)
        self._add(pb.LogEntry(summary=_values(updated, removed)))

    def define_metric(self, metric: pb.MetricDefinition) -> None:
        """Define a metric."""
        self._add(pb.LogEntry(metric=metric))

    def change_fields(self, fields: pb.RunFields) -> None:
        """Change the run's name, notes or tags."""
        self._add(pb.LogEntry(run_fields=fields))

    def send_file(self, file: BinaryIO) -> int:
        """Send content that a later entry names by the number returned."""
        return 0 if self._sender is None else self._sender.send_file(file)

    def log_file(self, path: str, file: BinaryIO) -> None:
        """Add a file to the run, or replace it."""
        file_id = self.send_file(file)
        self._add(pb.LogEntry(file=pb.RunFile(path=sendable(path), file_id=file_id)))

    def log_artifact(self, artifact: pb.LoggedArtifact) -> None:
        """Log an artifact whose files were sent."""
        self._add(pb.LogEntry(artifact=artifact))

    def flush(self) -> None:
        """Send what was logged so far."""
        if self._sender is not None and not self._sender.is_off:
            self._sender.flush()

    @property
    def drops(self) -> bool:
        """Whether nothing of what the step logs goes anywhere."""
        return self._sender is None or self._sender.is_off

    def _add(self, entry: pb.LogEntry) -> None:
        if self._sender is not None:
            entry.logged_at_us = now_us()
            self._sender.add(entry)

    def _remember(self, path: Path, value: str | None) -> None:
        """Set a value of the summary, or remove it."""
        key, *below = path
        if below:
            whole = _as_dict(json.loads(self.summary.get(key, "{}")))
            inner = whole
            for part in below[:-1]:
                inner[part] = _as_dict(inner.get(part))
                inner = inner[part]
            inner.pop(below[-1], None)
            if value is not None:
                inner[below[-1]] = json.loads(value)
            value = json.dumps(whole)
        if value is None:
            self.summary.pop(key, None)
        else:
            self.summary[key] = value

    def _from_sidecar(self) -> pb.Opened:
        """Return what the sidecar said of the run; it is waited for once."""
        with self._asking:
            if self._opened is None:
                self._opened = (not self.drops and self._ask_opened()) or pb.Opened()
            return self._opened


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def set_given(message: Any, **fields: Any) -> None:
    """Set the optional fields of a message that aren't None."""
    for name, value in fields.items():
        if value is not None:
            setattr(message, name, value)


def _values(updated: Mapping[Path, str], removed: Sequence[Path]) -> pb.ValuesEntry:
    return pb.ValuesEntry(
        updated=[_named(path, value) for path, value in updated.items()],
        removed=[pb.KeyPath(path=[sendable(part) for part in path]) for path in removed],
    )


def _named(path: Path, value_json: str) -> pb.NamedValue:
    return pb.NamedValue(path=[sendable(part) for part in path], value_json=value_json)
