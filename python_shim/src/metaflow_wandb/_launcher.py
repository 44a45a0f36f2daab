"""What the process that launches a run does for its tasks; guarded, and cheap to import."""

from __future__ import annotations

from typing import Any


def run_begins(flow: Any) -> None:
    """Start a sidecar if tasks of this run will need one; asked once for each decorated step."""
    from metaflow_wandb._hooks import guarded

    # A setting that can't be understood is for the tasks to tell.
    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.begin(flow)


def task_begins(task_environment: dict[str, str]) -> None:
    """Make sure that the sidecar is still there, and tell the task where it may not be yet."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.task_begins(task_environment)


def run_ends() -> None:
    """Let go of the sidecar."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._autostart import _run

        _run.end()


def files_to_ship() -> list[tuple[str, str]]:
    """Return what goes into the code package beside this package, as path and name there."""
    from metaflow_wandb._hooks import guarded

    with guarded(quiet=True):
        from metaflow_wandb._packaged import FILE_NAME
        from metaflow_wandb._ship import settings_file

        # In the form that all versions of Metaflow take.
        return [(settings_file(), FILE_NAME)]
    return []
