"""Builds the message that ends an attempt."""

from __future__ import annotations

import time
import traceback

from metaflow_wandb._content_hashes import content_hashes
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext, guarded
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._types import qualified_name

_MAX_MESSAGE = 8 * 1024
_MAX_TRACEBACK = 32 * 1024
# Exit status by which a task tells Metaflow's launcher not to try again.
_NO_RETRY_STATUS = 202


def close_message(
    context: TaskContext, tracker: VariableTracker, ok: bool, exception: BaseException | None
) -> pb.Close:
    """Return how the attempt ended and what Metaflow stored of it."""
    close = pb.Close(
        outcome=pb.Close.OUTCOME_OK if ok else pb.Close.OUTCOME_FAILED,
        will_retry=not ok and _will_retry(context, exception),
        ended_at_us=time.time_ns() // 1000,
    )
    with guarded(quiet=True):
        # From Metaflow's private fields; without them lineage is coarser, no more.
        close.content_hashes.extend(content_hashes(context, tracker))
    if exception is not None:
        close.exception.CopyFrom(_exception_info(exception))
    return close


def _will_retry(context: TaskContext, exception: BaseException | None) -> bool:
    if isinstance(exception, SystemExit) and exception.code in (None, 0, _NO_RETRY_STATUS):
        return False
    return context.retry_count < context.max_user_code_retries


def _exception_info(error: BaseException) -> pb.ExceptionInfo:
    try:
        message = str(error)
        lines = traceback.format_exception(type(error), error, error.__traceback__)
    except Exception:  # noqa: BLE001 - a user's class may raise anything
        message, lines = "", traceback.format_tb(error.__traceback__)
    return pb.ExceptionInfo(
        type_name=qualified_name(type(error)),
        message=_valid(message)[:_MAX_MESSAGE],
        traceback=_valid("".join(lines))[-_MAX_TRACEBACK:],
    )


def _valid(text: str) -> str:
    """Replace lone surrogates, which protobuf refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
