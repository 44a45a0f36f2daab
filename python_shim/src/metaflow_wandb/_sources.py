"""Names the task attempts that a task took its inputs from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from metaflow_wandb._client_reads import ClientRead
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext
from metaflow_wandb._open import metadata_provider
from metaflow_wandb._originals import Originals, TaskPath


class Sources:
    """Turns what an input is to Metaflow into the attempt that ran; see through `resume`."""

    def __init__(self, context: TaskContext) -> None:
        from metaflow.metaflow_current import current

        self._context = context
        self._resumed = current.origin_run_id not in (None, "", "None")
        self._originals = Originals()
        self._messages: dict[tuple[int, TaskPath], pb.TaskAttempt] = {}

    def look_up_inputs(self, datastores: Iterable[Any]) -> None:
        """Find out which of these inputs are clones: all at once, since it may take a while."""
        if self._resumed:
            paths = [self._path(datastore) for datastore in datastores]
            self._originals.look_up(self._context.metadata, paths)

    def look_up_client_reads(self, reads: Iterable[ClientRead]) -> None:
        """Find out which tasks that were asked for are clones."""
        paths: dict[Any, list[TaskPath]] = {}
        for read in reads:
            paths.setdefault(read.provider, []).append(_path_of_read(read))
        for provider, tasks in paths.items():
            self._originals.look_up(provider, tasks)

    def of_input(self, datastore: Any) -> pb.TaskAttempt:
        """Return the attempt that an input's data is of."""
        return self._message(self._context.metadata, self._path(datastore))

    def of_client_read(self, read: ClientRead) -> pb.TaskAttempt:
        """Return the attempt that a value was asked for of."""
        return self._message(read.provider, _path_of_read(read))

    def _path(self, datastore: Any) -> TaskPath:
        return TaskPath(
            self._context.flow.name,
            str(datastore.run_id),
            datastore.step_name,
            str(datastore.task_id),
            datastore.attempt or 0,
        )

    def _message(self, provider: Any, path: TaskPath) -> pb.TaskAttempt:
        known = self._messages.get((id(provider), path))
        if known is None:
            original = self._originals.of(provider, path)
            known = pb.TaskAttempt(
                metadata_provider=metadata_provider(provider), **original._asdict()
            )
            self._messages[id(provider), path] = known
        return known


def _path_of_read(read: ClientRead) -> TaskPath:
    return TaskPath(read.flow_name, read.run_id, read.step_name, read.task_id, read.attempt)
