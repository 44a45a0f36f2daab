"""Files that W&B's client means to upload, from a directory of the run's own."""

from __future__ import annotations

import contextlib
import os

from metaflow_wandb._instep._kept import kept_from_step
from metaflow_wandb._instep._task_run import TaskRun


class RunFiles:
    """Sends the files of a run's directory, each once unless it changes."""

    def __init__(self, directory: str, task_run: TaskRun) -> None:
        self._directory = directory
        self._task_run = task_run
        # Modification time in nanoseconds and size of what was sent, by path.
        self._sent: dict[str, tuple[int, int]] = {}
        self._staged: set[str] = set()

    def publish(self, path: str) -> None:
        """Send the file at a path below the directory, unless it was sent as it is."""
        full = os.path.join(self._directory, path)
        with kept_from_step(path), open(full, "rb") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            if self._sent.get(path) == stamp:
                return
            self._task_run.log_file(path.replace(os.sep, "/"), file)
            self._sent[path] = stamp

    def publish_changed(self) -> None:
        """Send every file that is new, or has changed since it was sent."""
        for folder, _, names in os.walk(self._directory):
            for name in names:
                self.publish(os.path.relpath(os.path.join(folder, name), self._directory))

    def send_staged(self, path: str) -> int:
        """Send a file of an artifact, which the client has put aside; return its number.

        Raises:
            OSError: it can't be read.
        """
        with open(path, "rb") as file:
            file_id = self._task_run.send_file(file)
        self._staged.add(path)
        return file_id

    def remove_staged(self) -> None:
        """Remove the client's copies of artifacts' files that were sent."""
        if not self._staged:
            return
        from wandb.sdk.artifacts.staging import get_staging_dir

        staging = os.path.realpath(get_staging_dir())
        for path in self._staged:
            if os.path.dirname(os.path.realpath(path)) == staging:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _stamp(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_mtime_ns, stat.st_size
