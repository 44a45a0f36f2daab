"""Clocks."""

from __future__ import annotations

import time

_MAX_US = 2**53 - 1
# Out of reach of libraries that stop the clock for tests, as freezegun does.
_CLOCKS = {"monotonic": time.monotonic}


def monotonic_s() -> float:
    """Return seconds of a clock that goes on whatever the step does to `time`."""
    return _CLOCKS["monotonic"]()


def now_us() -> int:
    """Return the Unix time in microseconds, within what the sidecar takes.

    Steps may run under a clock of their own, set to before 1970 or far ahead.
    """
    return min(max(0, time.time_ns() // 1000), _MAX_US)
