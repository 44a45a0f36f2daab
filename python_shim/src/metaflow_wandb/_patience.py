"""Bounds how long a user's object may hold us up while it is described or encoded.

Any method of an object that we touch may hang. While a hook runs on the main
thread, SIGALRM is ours: its handler raises where nothing has moved for as long
as a sidecar would be waited for. `moved()` says that something has.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from metaflow_wandb._clock import monotonic_s

_TICK_S = 0.1
# Each object that hangs halves the patience with the next; the last ends the hook.
_MAX_STUCK = 5

# Bound here, since steps replace functions of these modules, as gevent does.
_CALLS: dict[str, Any] = {
    "set_timer": signal.setitimer,
    "handler": signal.getsignal,
    "handle": signal.signal,
}


class StuckError(BaseException):
    """Nothing has moved for too long; `is_last` where the hook is to be given up."""

    def __init__(self, patience_s: float, is_last: bool) -> None:
        super().__init__(f"it did not come to an end within {patience_s:g} s")
        self.is_last = is_last


class _Watch:
    """The one watch of this process."""

    def __init__(self) -> None:
        self.patience_s = 10.0
        self.is_on = False
        self.is_paused = False
        self._deadline = 0.0
        self._stuck_count = 0

    def restart(self, allowance_s: float = 0.0) -> None:
        self._deadline = monotonic_s() + self.patience_s + allowance_s

    def set_timer(self, seconds: float) -> None:
        # Then again and again: an exception within a finalizer reaches nobody.
        _CALLS["set_timer"](signal.ITIMER_REAL, max(seconds, _TICK_S), _TICK_S)

    def on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if not self.is_on:
            return
        left_s = self.patience_s if self.is_paused else self._deadline - monotonic_s()
        if left_s > 0:
            self.set_timer(left_s)
            return
        waited_s = self.patience_s
        self._stuck_count += 1
        self.patience_s /= 2
        self.restart()
        raise StuckError(waited_s, is_last=self._stuck_count >= _MAX_STUCK)


_watch = _Watch()


def set_patience(seconds: float) -> None:
    """Say how long nothing may move."""
    _watch.patience_s = seconds


def moved(allowance_s: float = 0.0) -> None:
    """Note that something moved, and for how much longer than usual nothing may now."""
    _watch.restart(allowance_s)


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Stop the watch during a wait that has a bound of its own."""
    was_paused, _watch.is_paused = _watch.is_paused, True
    try:
        yield
    finally:
        _watch.restart()
        _watch.is_paused = was_paused


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Watch what runs within, and hold the step's own alarm, by which `@timeout` works.

    Off the main thread, where Python handles no signal, nothing is watched.
    """
    if _watch.is_on or threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds_left, interval = _CALLS["set_timer"](signal.ITIMER_REAL, 0)
    handler = _CALLS["handler"](signal.SIGALRM)
    try:
        # A handler that is not Python's could not be put back.
        if handler is not None:
            _CALLS["handle"](signal.SIGALRM, _watch.on_alarm)
            _watch.restart()
            _watch.is_on = True
            _watch.set_timer(_watch.patience_s)
        yield
    finally:
        try:
            _watch.is_on = False
        finally:
            _put_back(handler, seconds_left, interval)


def _put_back(handler: Any, seconds_left: float, interval: float) -> None:
    _watch.is_on = False
    _CALLS["set_timer"](signal.ITIMER_REAL, 0)
    if handler is not None:
        _CALLS["handle"](signal.SIGALRM, handler)
    if seconds_left:
        _CALLS["set_timer"](signal.ITIMER_REAL, seconds_left, interval)
