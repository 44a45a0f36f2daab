"""The time as the sidecar takes it."""

from __future__ import annotations

import time

_MAX_US = 2**53 - 1


def now_us() -> int:
    """Return the Unix time in microseconds, within what the sidecar takes.

    Steps may run under a clock of their own, set to before 1970 or far ahead.
    """
    return min(max(0, time.time_ns() // 1000), _MAX_US)
