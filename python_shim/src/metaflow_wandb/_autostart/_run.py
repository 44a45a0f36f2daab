"""The sidecar of the run that this process launches."""

from __future__ import annotations

from typing import Any

from metaflow_wandb import _run_mark
from metaflow_wandb._address import STARTING_VARIABLE, sidecar_address
from metaflow_wandb._autostart._place import users_place
from metaflow_wandb._autostart._starter import SidecarStarter
from metaflow_wandb._spool_place import kept_in, spool_directory
from metaflow_wandb._switches import autostart_is_off, logging_is_off
from metaflow_wandb._warn import tell

# Decorators whose tasks run on other machines, which can't reach a socket on this one.
_REMOTE = frozenset({"batch", "kubernetes", "snowpark", "nvidia", "nvct", "slurm"})

_starter: SidecarStarter | None = None


def begin(flow: Any) -> None:
    """Start a sidecar if tasks of this run will need one; asked once for each decorated step."""
    global _starter  # noqa: PLW0603
    if _starter is not None or logging_is_off() or autostart_is_off():
        return
    address = sidecar_address()
    if not address.is_users_own or not _has_local_tasks(flow):
        return
    _starter = SidecarStarter(users_place(), address.timeout_s, _report_failure)
    _starter.ensure()


def task_begins(task_environment: dict[str, str]) -> None:
    """Make sure that the sidecar is still there, and tell the task where it may not be yet."""
    if _starter is None:
        return
    if _starter.ensure():
        _run_mark.try_again()
    if _starter.is_starting:
        task_environment[STARTING_VARIABLE] = "1"


def end() -> None:
    """Let go of the sidecar."""
    global _starter  # noqa: PLW0603
    if _starter is not None:
        _starter.stop()
        _starter = None


def _has_local_tasks(flow: Any) -> bool:
    names = ({decorator.name for decorator in step.decorators} for step in flow)
    return any("wandb_log" in each and not each & _REMOTE for each in names)


def _report_failure(reason: str) -> None:
    """Tell where data is kept meanwhile; tasks of this run need neither wait nor tell."""
    if _run_mark.note_failure(stood_still=True, path=_run_mark.launcher_mark()):
        tell(f"{reason}; {kept_in(spool_directory())}")
