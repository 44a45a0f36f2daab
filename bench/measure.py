"""Runs a command and prints what it cost, its descendants included, as JSON.

usage: measure.py COMMAND [ARG…]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

_TAIL_BYTES = 4000


def main() -> None:
    """Print `wallS`, `cpuS`, `exitCode` and the end of the command's output."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - started
        output.seek(max(0, output.tell() - _TAIL_BYTES))
        tail = output.read().decode(errors="replace")
    cost = {
        "wallS": wall_s,
        "cpuS": usage.ru_utime + usage.ru_stime,
        "exitCode": os.waitstatus_to_exitcode(status),
        "output": tail,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
