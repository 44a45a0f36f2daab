"""Decides whether a sidecar is worth trying, before anything heavy is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metaflow_wandb import _run_mark
from metaflow_wandb._address import START_HINT, SidecarAddress, sidecar_address
from metaflow_wandb._switches import logging_is_off
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
    gone = address.socket_path and not os.path.exists(address.socket_path)
    if gone and not address.may_be_starting:
        if not quiet:
            report_unreachable(f"no sidecar at {address.socket_path} ({START_HINT})")
        return None
    # One task of this run has just waited in vain; the others need not.
    return None if _run_mark.stood_still_lately(quiet) else address


def report_unreachable(reason: str, stood_still: bool = False) -> None:
    """Warn that nothing is logged: once a run, where its launcher is on this machine."""
    if _run_mark.note_failure(stood_still):
        say_once(f"{reason}; the flow runs on but is not logged")


def report_missing_package(error: ImportError) -> None:
    """Warn that the image that this task runs in lacks what is needed to reach a sidecar.

    Raises:
        ImportError: `error`, where it is of another package.
    """
    if (error.name or "").partition(".")[0] not in ("google", "grpc"):
        raise error
    report_unreachable(f"{error}: `pip install grpcio protobuf` where this step runs")


def _turned_off(context: TaskContext) -> bool:
    """Say whether this task is left alone; `spin`, a rerun on the side, always is."""
    return logging_is_off() or any(
        hasattr(source, "orig_datastore") for source in context.inputs or ()
    )
