"""Finds files that wait for a sidecar, and takes them so that nobody else does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator

from metaflow_wandb._spool._names import PART_SUFFIX, SPOOL_SUFFIX, part_name

_LOCK = "forward.lock"
_REFUSED = "refused"
# As /proc/PID/stat has them behind the name.
_ZOMBIE = "Z"
_START_TICKS = 19
# How exactly the start of a process and the time of a file can be compared.
_SLACK_S = 5.0


class WaitingFile:
    """A whole attempt, or what a killed task has left."""

    def __init__(self, directory: str, file_name: str, name: str) -> None:
        self.is_whole = file_name.endswith(SPOOL_SUFFIX)
        self.path = os.path.join(directory, file_name)
        self._directory = directory
        self._name = name

    def claim(self) -> bool:
        """Make it this process's, for as long as that lives; say whether it was still there."""
        claimed = os.path.join(self._directory, part_name(self._name))
        try:
            os.rename(self.path, claimed)
        except OSError:
            return False
        self.path = claimed
        return True

    def give_back(self) -> None:
        """Leave it for later. A part is nobody's once this process has ended."""
        if self.is_whole:
            os.rename(self.path, os.path.join(self._directory, self._name + SPOOL_SUFFIX))

    def remove(self) -> None:
        """Remove it: the sidecar has all of it."""
        os.unlink(self.path)

    def put_aside(self, reason: str) -> None:
        """Keep it where nobody takes it in again, with the reason beside it."""
        refused = os.path.join(self._directory, _REFUSED)
        os.makedirs(refused, mode=0o700, exist_ok=True)
        with open(os.path.join(refused, f"{self._name}.reason.txt"), "w", encoding="utf-8") as file:
            file.write(f"{reason}\n")
        os.rename(self.path, os.path.join(refused, self._name + SPOOL_SUFFIX))


def waiting_files(directory: str) -> list[WaitingFile]:
    """Return what waits in a directory, oldest first; nothing where there is none."""
    found: list[tuple[float, WaitingFile]] = []
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            # Another process may take it away.
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if name := _name(entry.name, status.st_ctime):
                    found.append((status.st_mtime, WaitingFile(directory, entry.name, name)))
    return [waiting for _, waiting in sorted(found, key=lambda each: each[0])]


@contextlib.contextmanager
def only_sender(directory: str) -> Iterator[bool]:
    """Say whether no other process of this machine sends what waits in a directory.

    Raises:
        OSError: the directory can't be written to.
    """
    descriptor = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _name(file_name: str, changed_at_s: float) -> str:
    """Return the name of what waits, empty for other files and for those still written or sent."""
    if file_name.endswith(SPOOL_SUFFIX):
        return file_name.removesuffix(SPOOL_SUFFIX)
    whose, _, pid = file_name.removesuffix(PART_SUFFIX).rpartition(".")
    here = f".{socket.gethostname()}"
    is_part = file_name.endswith(PART_SUFFIX) and pid.isdecimal() and whose.endswith(here)
    return whose.removesuffix(here) if is_part and not _lives(int(pid), changed_at_s) else ""


def _lives(pid: int, changed_at_s: float) -> bool:
    """Say whether a process lives that may have changed a file at that time."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    try:
        with open(f"/proc/{pid}/stat") as stat, open("/proc/uptime") as uptime:
            # The name before these, in parentheses, may hold anything.
            fields = stat.read().rpartition(")")[2].split()
            up_s = float(uptime.read().split()[0])
    except OSError:  # it has just ended; or a system that doesn't tell, where the number has to do
        return True
    age_s = up_s - int(fields[_START_TICKS]) / os.sysconf("SC_CLK_TCK")
    return fields[0] != _ZOMBIE and time.time() - age_s < changed_at_s + _SLACK_S
