"""Tells errors that must not reach a step from those that are meant for it."""

from __future__ import annotations

import signal
from types import TracebackType

from metaflow_wandb._patience import StuckError


def may_be_swallowed(error: BaseException) -> bool:
    """Say whether an error that came up in our code is ours to keep.

    A user's object may raise anything, SystemExit included, when it is
    described or encoded. What a signal handler raised is meant for the
    process, whatever its type, and so is KeyboardInterrupt.
    """
    if isinstance(error, KeyboardInterrupt):
        return False
    if isinstance(error, StuckError):
        # From a signal handler too, but ours.
        return not error.is_last
    handlers = _signal_handler_code()
    return not handlers or handlers.isdisjoint(_code_objects(error.__traceback__))


def error_text(error: BaseException) -> str:
    """Return the text of an exception, empty where its class raises instead."""
    try:
        # The base's own method makes plain text of a subclass's.
        return str.__str__(str(error))
    except BaseException as raised:
        if not may_be_swallowed(raised):
            raise
        return ""


def drop_frames_of(file: str, error: BaseException) -> None:
    """Take the frames of one source file out of an error's traceback, but for its first."""
    kept = error.__traceback__
    while kept is not None and kept.tb_next is not None:
        if kept.tb_next.tb_frame.f_code.co_filename == file:
            kept.tb_next = kept.tb_next.tb_next
        else:
            kept = kept.tb_next


def _signal_handler_code() -> set[object]:
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    functions = [getattr(handler, "__func__", handler) for handler in handlers]
    return {code for function in functions if (code := getattr(function, "__code__", None))}


def _code_objects(traceback: TracebackType | None) -> set[object]:
    codes: set[object] = set()
    while traceback is not None:
        codes.add(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    return codes
