"""How much may be kept on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from metaflow_wandb._packaged import setting

VARIABLE = "METAFLOW_WANDB_SPOOL_MAX_BYTES"
_DEFAULT_MAX_BYTES = 2 * 1024 * 1024 * 1024
# More would take long to look through, for every task.
_MAX_FILES = 100_000
# What may be left out leaves room for what ends an attempt.
_RESERVE_BYTES = 1024 * 1024
# What may be written before it is looked at anew what others have written.
_LOOK_AGAIN_BYTES = 64 * 1024 * 1024
# The disk keeps so much free, or one part in twenty of a small one.
_KEPT_FREE_BYTES = 512 * 1024 * 1024
_KEPT_FREE_PART = 20


class NoRoomError(Exception):
    """Something does not fit; the message says why, for people."""


class Budget:
    """Grants room below one directory, which other tasks write to as well."""

    def __init__(self, root: str) -> None:
        """Take the bound from the environment.

        Raises:
            ValueError: it can't be understood; the message names the setting.
        """
        self._root = root
        self._max_bytes = _max_bytes()
        self._left_bytes = 0
        # Whether there was room for one more file, which stays then.
        self._has_begun = False

    def take(self, size_bytes: int, is_optional: bool = False) -> None:
        """Take room for something that is about to be written.

        Raises:
            NoRoomError: there isn't enough.
            OSError: the directory can't be looked at.
        """
        needed = size_bytes + (_RESERVE_BYTES if is_optional else 0)
        if needed > self._left_bytes:
            self._look_again(needed)
        self._left_bytes -= size_bytes

    def _look_again(self, needed_bytes: int) -> None:
        sizes = list(_sizes(self._root))
        if len(sizes) > _MAX_FILES and not self._has_begun:
            raise NoRoomError(f"{self._root} holds {_MAX_FILES} files, which are the most")
        self._has_begun = True
        within_bound = self._max_bytes - sum(sizes)
        disk = os.statvfs(self._root)
        unit = disk.f_frsize
        kept_free = min(_KEPT_FREE_BYTES, disk.f_blocks * unit // _KEPT_FREE_PART)
        on_disk = disk.f_bavail * unit - kept_free
        self._left_bytes = min(_LOOK_AGAIN_BYTES, within_bound, on_disk)
        if needed_bytes <= self._left_bytes:
            return
        if on_disk < within_bound:
            raise NoRoomError(f"the disk that {self._root} is on is nearly full")
        raise NoRoomError(f"{self._root} may hold {self._max_bytes} bytes (set {VARIABLE})")


def _sizes(root: str) -> Iterator[int]:
    """Return the size of each file in the directories below `root`, and in those below them."""
    for directory, _, names in os.walk(root):
        for name in names:
            # Another process may have taken it away.
            with contextlib.suppress(OSError):
                yield os.lstat(os.path.join(directory, name)).st_size


def _max_bytes() -> int:
    text = setting(VARIABLE)
    if not text:
        return _DEFAULT_MAX_BYTES
    try:
        count = int(text)
    except ValueError:
        count = -1
    if count < 0:
        raise ValueError(f"{VARIABLE} must be a number of bytes, got {text!r}")
    return count
