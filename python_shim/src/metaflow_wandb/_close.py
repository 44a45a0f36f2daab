"""Builds the message that ends an attempt."""

from __future__ import annotations

import traceback

from metaflow_wandb._clock import now_us
from metaflow_wandb._content_hashes import content_hashes
from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hooks import TaskContext, guarded
from metaflow_wandb._tracking import VariableTracker
from metaflow_wandb._types import qualified_name
from metaflow_wandb._wire_text import sendable

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
        ended_at_us=now_us(),
    )
    with guarded(quiet=True):
        # From Metaflow's private fields; without them lineage is coarser, no more.
        close.content_hashes.extend(content_hashes(context, tracker))
    if exception is not None:
        close.exception.CopyFrom(_exception_info(exception))
    return close


def _will_retry(context: TaskContext, exception: BaseException | None) -> bool:
    if isinstance(exception, SystemExit):
        code = exception.code
        if code is None or (type(code) in (int, bool) and code in (0, _NO_RETRY_STATUS)):
            return False
    return context.retry_count < context.max_user_code_retries


def _exception_info(error: BaseException) -> pb.ExceptionInfo:
    try:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
    except BaseException as raised:
        if not may_be_swallowed(raised):
            raise
        lines = traceback.format_tb(error.__traceback__)
    return pb.ExceptionInfo(
        type_name=qualified_name(type(error)),
        message=sendable(error_text(error))[:_MAX_MESSAGE],
        traceback=sendable("".join(lines))[-_MAX_TRACEBACK:],
    )
