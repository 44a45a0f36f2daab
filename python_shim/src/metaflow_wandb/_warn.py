"""The one line that a task may print, and those of other programs of ours."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import threading

_MAX_LENGTH = 1000
_STDERR = 2
_said = threading.Event()
_remarks: list[str] = []
_pid = os.getpid()


def _identity() -> tuple[int, int] | None:
    try:
        status = os.fstat(_STDERR)
    except OSError:
        return None
    return status.st_dev, status.st_ino


_stderr_at_start = _identity()


def say_once(text: str) -> None:
    """Print `text`, after what was to be said so far, unless a line was printed before."""
    if not _said.is_set():
        _said.set()
        tell("; ".join([*_remarks, text]))


def say(text: str) -> None:
    """Have `text` in the line that is printed at the end of the task."""
    if not _remarks:
        # For a task that ends without its last hook.
        atexit.register(say_all)
    if text not in _remarks:
        _remarks.append(text)


def say_all() -> None:
    """Print what was to be said, if anything was; a forked child leaves that to its parent."""
    if _remarks and os.getpid() == _pid:
        say_once(_remarks.pop())


def tell(text: str) -> None:
    """Print a line at once: for a launcher or a command, which may have several things to tell."""
    # Each line break would begin another line.
    line = " ".join(text.split())[:_MAX_LENGTH]
    _print(f"metaflow-wandb: {line}\n")


def _print(line: str) -> None:
    """Write on the standard error that the process was started with.

    `sys.stderr` may be the step's own by now, and its descriptor another file.
    Where nobody reads a pipe, nobody is waited for.
    """
    with contextlib.suppress(Exception):
        if _stderr_at_start is None or _identity() != _stderr_at_start:
            return
        _, writable, _ = select.select([], [_STDERR], [], 0)
        if writable:
            os.write(_STDERR, line.encode("utf-8", "replace"))
