"""Signals that come while the shim waits end the flow as they do without it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import flow_command, flow_environment


def ended_by(directory: Path, number: int, whole_group: bool, **env: str) -> tuple[int, str]:
    """Send a signal once the step has run; return how the launcher ended, and its output."""
    directory.mkdir()
    pid_file = directory / "pid"
    _, settings = flow_environment(directory, env.pop("sidecar", ""))
    launcher = subprocess.Popen(
        flow_command("staying"),
        env=settings | env | {"PID_FILE": str(pid_file)},
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while launcher.poll() is None and not pid_file.exists():
        time.sleep(0.05)
    time.sleep(1)  # the step has ended, and its hooks wait
    if whole_group:
        os.killpg(launcher.pid, number)
    else:
        os.kill(int(pid_file.read_text()), number)
    output, _ = launcher.communicate(timeout=60)
    return launcher.returncode, output


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["Ctrl-C of all", "SIGTERM of the task"],
)
def test_signal_while_a_sidecar_is_waited_for(sidecar, tmp_path, number, whole_group):
    """The flow ends with the status of a flow that is stopped in its step, well before its time."""
    sidecar.hangs_after = "close"
    plain = ended_by(tmp_path / "plain", number, whole_group, STAY="1", METAFLOW_WANDB_DISABLED="1")
    waiting = ended_by(
        tmp_path / "staying",
        number,
        whole_group,
        sidecar=sidecar.address,
        METAFLOW_WANDB_TIMEOUT="300",
    )
    assert sidecar.one("start").close is not None
    assert waiting[0] == plain[0]
    assert "Traceback" not in waiting[1] or "Traceback" in plain[1]
