"""Where limits of the process leave no room for a connection, none is tried."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

CHECK = """
import resource, sys
limit, value = map(int, sys.argv[1:])
from metaflow_wandb._room import check_room
resource.setrlimit(limit, (value, value))
check_room()
"""


@pytest.mark.parametrize(
    ("limit", "value", "error"),
    [
        (resource.RLIMIT_NOFILE, 12, "Too many open files"),
        (resource.RLIMIT_AS, 512 * 1024 * 1024, "Cannot allocate memory"),
    ],
    ids=["descriptors", "address space"],
)
def test_room_is_looked_for_first(limit, value, error):
    """gRPC, which may abort or hang for want of either, is not begun with."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(limit), str(value)],
        capture_output=True,
        text=True,
    )
    assert error in done.stderr


def test_flow_in_little_memory_runs_without_a_connection(keep_flow, sidecar):
    """What can't be sent is kept, and the line says why; the task ends as it would otherwise."""
    run = keep_flow("limited", sidecar=sidecar.address)
    (warning,) = run.warnings
    assert "no connection can be made: OSError" in warning
    assert "its data is kept in" in warning
    assert [recording.key[0] for recording in sidecar.recordings] == ["end"]
