"""Decides whether a sidecar is worth trying, before anything heavy is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metaflow_wandb import _run_mark
from metaflow_wandb._address import START_HINT, SidecarAddress, sidecar_address
from metaflow_wandb._warn import say_once

if TYPE_CHECKING:
    from metaflow_wandb._hooks import TaskContext


def address_to_try(context: TaskContext, quiet: bool = False) -> SidecarAddress | None:
    """Return where to send this task's data, or None where it is to be left alone.

    Args:
        context: the task.
        quiet: say nothing where there is no sidecar.

    Raises:
        ValueError: a setting can't be understood; the message names it.
    """
    if _turned_off(context):
        return None
    address = sidecar_address()
    if address.socket_path and not os.path.exists(address.socket_path):
        if not quiet:
            report_unreachable(f"no sidecar at {address.socket_path} ({START_HINT})")
        return None
    # One task of this run has just waited in vain; the others need not.
    return None if _run_mark.stood_still_lately(quiet) else address


def report_unreachable(reason: str, stood_still: bool = False) -> None:
    """Warn that nothing is logged: once a run, where its launcher is on this machine."""
    if _run_mark.note_failure(stood_still):
        say_once(f"{reason}; the flow runs on but is not logged")


def _turned_off(context: TaskContext) -> bool:
    """Say whether this task is left alone; `spin`, a rerun on the side, always is."""
    if os.environ.get("METAFLOW_WANDB_DISABLED", "").strip().lower() in ("1", "true", "yes"):
        return True
    if os.environ.get("WANDB_MODE", "").strip().lower() == "disabled":
        return True
    return any(hasattr(source, "orig_datastore") for source in context.inputs or ())
