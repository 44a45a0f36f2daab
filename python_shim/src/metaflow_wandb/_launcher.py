"""What the process that launches a run does for its tasks; guarded, and cheap to import."""

from __future__ import annotations

from typing import Any

_has_begun = False


def run_begins(flow: Any) -> None:
    """Start a sidecar if tasks need one, and send what waits; asked once for each step."""
    from metaflow_wandb._hooks import guarded

    # A setting that can't be understood is for the tasks to tell.
    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.begin(flow)
    global _has_begun  # noqa: PLW0603
    if not _has_begun:
        _has_begun = True
        _send_what_waits()


def task_begins(task_environment: dict[str, str]) -> None:
    """Make sure that the sidecar is still there, and tell the task where it may not be yet."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.task_begins(task_environment)


def run_ends() -> None:
    """Let go of the sidecar, and send what this run's tasks could not; asked once for each step."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.end()
    global _has_begun  # noqa: PLW0603
    if _has_begun:
        _has_begun = False
        _send_what_waits()


def _send_what_waits() -> None:
    """Have what earlier tasks could not send sent in the background."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._spool import _forward

        _forward.start()


def files_to_ship() -> list[tuple[str, str]]:
    """Return what goes into the code package, as path and name there: us and our settings."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._packaged import FILE_NAME
        from metaflow_wandb._ship import own_files, settings_file

        # In the form that all versions of Metaflow take.
        return [(settings_file(), FILE_NAME), *own_files()]
    return []
