"""Keeps what goes wrong with a step's log from the step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._warn import say_once


@contextlib.contextmanager
def kept_from_step(what: str) -> Iterator[None]:
    """Say once that something is not logged, where it can't be; the step goes on.

    What a signal handler raises, such as that of `@timeout`, passes through.
    """
    try:
        yield
    except Exception as error:
        if not may_be_swallowed(error):
            raise
        say_once(f"{what} is not logged: {type(error).__name__}: {error_text(error)}")
