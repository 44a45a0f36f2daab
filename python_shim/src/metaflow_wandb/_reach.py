"""Decides whether a sidecar is worth trying, before anything heavy is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from metaflow_wandb import _run_mark
from metaflow_wandb._address import START_HINT, SidecarAddress, sidecar_address
from metaflow_wandb._spool_place import spool_directory
from metaflow_wandb._switches import logging_is_off
from metaflow_wandb._warn import say_once

if TYPE_CHECKING:
    from metaflow_wandb._hooks import TaskContext


class Route(NamedTuple):
    """The sidecar, and the directory for what can't be sent to it.

    `why_not` tells why the sidecar isn't worth trying; empty where it is.
    """

    address: SidecarAddress
    spool: str
    why_not: str = ""


def route_of(context: TaskContext, quiet: bool = False) -> Route | None:
    """Return where this task's data goes, or None where it is to be left alone.

    Args:
        context: the task.
        quiet: count also what other tasks that tell the user nothing have found out.

    Raises:
        ValueError: a setting can't be understood; the message names it.
    """
    if _turned_off(context):
        return None
    # Now, since the step may change the environment.
    address, spool = sidecar_address(), spool_directory()
    gone = address.socket_path and not os.path.exists(address.socket_path)
    if gone and not address.may_be_starting:
        return Route(address, spool, f"no sidecar at {address.socket_path} ({START_HINT})")
    if _run_mark.stood_still_lately(quiet):
        reason = "another task of this run has just waited for the sidecar in vain"
        return Route(address, spool, reason)
    _run_mark.take_turn()
    return Route(address, spool)


def report_missing_package(error: ImportError) -> None:
    """Warn that the image that this task runs in lacks what is needed to reach a sidecar.

    Raises:
        ImportError: `error`, where it is of another package.
    """
    if (error.name or "").partition(".")[0] not in ("google", "grpc"):
        raise error
    if _run_mark.note_failure(stood_still=False):
        hint = "`pip install grpcio protobuf` where this step runs"
        say_once(f"{error}: {hint}; the flow runs on but is not logged")


def _turned_off(context: TaskContext) -> bool:
    """Say whether this task is left alone; `spin`, a rerun on the side, always is."""
    return logging_is_off() or any(
        hasattr(source, "orig_datastore") for source in context.inputs or ()
    )
