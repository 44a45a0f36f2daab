"""What files of a spool directory are called, and whose they are by that."""

from __future__ import annotations

import os
import socket

PART_SUFFIX = ".part"
SPOOL_SUFFIX = ".spool"
# As /proc/PID/stat has them behind the name.
_ZOMBIE = "Z"
_START_TICKS = 19


def part_name(name: str) -> str:
    """Return what a file is called while this process writes or sends it."""
    stat = _stat("self")
    start = stat[_START_TICKS] if stat else "0"
    return f"{name}{_here()}{os.getpid()}.{start}.{_pid_namespace()}{PART_SUFFIX}"


def name_of_left(file_name: str) -> str:
    """Return the name of what a process of this machine has left; empty where it still lives.

    Empty also for other files, and for those of machines and containers whose
    processes can't be seen from here.
    """
    fields = file_name.removesuffix(PART_SUFFIX).rsplit(".", 3)
    if not file_name.endswith(PART_SUFFIX) or len(fields) < 4:
        return ""
    whose, *numbers = fields
    if not whose.endswith(_here()[:-1]) or not all(map(_is_number, numbers)):
        return ""
    pid, start, namespace = numbers
    if namespace != _pid_namespace() or _lives(int(pid), start):
        return ""
    return whose.removesuffix(_here()[:-1])


def _here() -> str:
    return f".{socket.gethostname()}."


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _pid_namespace() -> str:
    """Return the number of the namespace that process ids count in; 0 where nothing tells."""
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return "0"


def _lives(pid: int, start: str) -> bool:
    """Say whether the process of that number lives that began then, in ticks since the boot."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it is somebody else's, or none; what the system tells of it counts
    stat = _stat(str(pid))
    # It has just ended; or the system doesn't tell, and the number has to do.
    if not stat:
        return True
    return stat[0] != _ZOMBIE and start in ("0", stat[_START_TICKS])


def _stat(process: str) -> list[str]:
    """Return what the system tells of a process, from its state on; empty where it doesn't."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stat:
            # The name before these, in parentheses, may hold anything.
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return []
