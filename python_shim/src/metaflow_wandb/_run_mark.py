"""What the tasks of one run tell one another about an unreachable sidecar.

The launcher makes an empty file and names it in each task's environment. The
first task that finds no sidecar writes into it, and the others keep quiet.
Where no launcher shares a file system with the task, each task is on its own.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time

VARIABLE = "METAFLOW_WANDB_RUN_MARK"
_STOOD_STILL = b"stood still\n"
_UNREACHABLE = b"unreachable\n"
# A task that keeps quiet waited in vain; the next that may tell will tell.
_UNTOLD = b"untold\n"
# How long tasks don't wait for a sidecar that one of them has waited for.
_TRUSTED_S = 60.0

_launcher_mark = ""
# Whether this task finds out for the others if the sidecar answers again.
_tries_for_others = False


def launcher_mark() -> str:
    """Return the path of this launcher's mark, made on first use; empty if it can't be."""
    global _launcher_mark
    if not _launcher_mark:
        try:
            descriptor, _launcher_mark = tempfile.mkstemp(prefix="metaflow-wandb-run-")
            os.close(descriptor)
        except OSError:
            return ""
    return _launcher_mark


def remove_launcher_mark() -> None:
    """Remove the mark when the run is over."""
    global _launcher_mark  # noqa: PLW0603
    if _launcher_mark:
        with contextlib.suppress(OSError):
            os.unlink(_launcher_mark)
        _launcher_mark = ""


def note_failure(stood_still: bool, path: str = "") -> bool:
    """Note that the sidecar can't be reached; say whether this is the first to tell.

    It is where the others can't be told, as on a full disk.

    Args:
        stood_still: it was waited for in vain.
        path: the mark, where it is the launcher that tells.
    """
    try:
        # This makes no file: where there is none, no launcher is.
        with open(path or os.environ.get(VARIABLE, ""), "r+b") as mark:
            first = mark.read() in (b"", _UNTOLD)
            if first or stood_still:
                mark.seek(0)
                mark.truncate()
                mark.write(_STOOD_STILL if stood_still else _UNREACHABLE)
    except OSError:
        return True
    return first


def try_again(path: str = "") -> None:
    """Let tasks try again what one of them has waited for in vain; the launcher knows why.

    Args:
        path: the mark, where it is a task that knows.
    """
    with contextlib.suppress(OSError), open(path or launcher_mark(), "r+b") as mark:
        if mark.read() == _STOOD_STILL:
            mark.seek(0)
            mark.write(_UNREACHABLE)


def note_answer() -> None:
    """Note that the sidecar answers again, where this task was to find that out."""
    if _tries_for_others:
        try_again(os.environ.get(VARIABLE, ""))


def take_turn() -> None:
    """Try the sidecar for the others, which don't wait meanwhile, if one waited in vain before."""
    global _tries_for_others  # noqa: PLW0603
    with contextlib.suppress(OSError), open(os.environ.get(VARIABLE, ""), "rb") as mark:
        _tries_for_others = mark.read() == _STOOD_STILL
        if _tries_for_others:
            os.utime(mark.name)


def note_silent_wait() -> None:
    """Note that a task which keeps quiet has waited in vain, for others that do."""
    path = os.environ.get(VARIABLE, "")
    with contextlib.suppress(OSError):
        if path and os.stat(path).st_size == 0:
            with open(path, "r+b") as mark:
                mark.write(_UNTOLD)


def stood_still_lately(quiet: bool = False) -> bool:
    """Say whether a task of this run has waited for the sidecar in vain just now.

    Args:
        quiet: count also tasks that told nobody; for one that won't either.
    """
    try:
        path = os.environ.get(VARIABLE, "")
        if not path or time.time() - os.stat(path).st_mtime > _TRUSTED_S:
            return False
        with open(path, "rb") as mark:
            return mark.read() in (_STOOD_STILL, *([_UNTOLD] if quiet else []))
    except OSError:
        return False
