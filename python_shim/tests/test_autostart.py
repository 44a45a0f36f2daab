"""A user who has installed the package and set nothing: their launcher starts a sidecar."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.users_home import UsersHome, says_started, warnings

# What stands for the sidecar where only the start is of interest: tells how it was started.
TELLTALE = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["TOLD"], "w") as told:
    json.dump({{
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "leads_session": os.getsid(0) == os.getpid(),
        "descriptors": [os.readlink(f"/proc/self/fd/{{n}}") for n in range(3)],
        "others": sorted(
            os.readlink(f"/proc/self/fd/{{n}}") for n in map(int, os.listdir("/proc/self/fd"))
            if n > 2 and os.path.exists(f"/proc/self/fd/{{n}}")
        ),
    }}, told)
print("metaflow-wandb: out of order today", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture
def home() -> Iterator[UsersHome]:
    # A socket's path is limited to some 100 characters, which a tmp_path may exceed.
    with tempfile.TemporaryDirectory(prefix="mfw", ignore_cleanup_errors=True) as directory:
        users = UsersHome(Path(directory))
        try:
            yield users
        finally:
            users.close()


@pytest.fixture
def telltale(home: UsersHome) -> dict[str, str]:
    program = home.path / "telltale"
    program.write_text(TELLTALE)
    program.chmod(0o755)
    return {"METAFLOW_WANDB_BIN": str(program), "TOLD": str(home.path / "told.json")}


def test_two_launchers_share_the_sidecar_that_one_starts(home):
    """Both runs land; the pipes of neither are held; the sidecar is there for the next."""
    launchers = [home.launch("waiting"), home.launch("waiting", WANDB_PROJECT="elsewhere")]
    outputs = [launcher.communicate(timeout=120)[0] for launcher in launchers]

    pid = home.sidecar_pid()
    assert pid is not None
    assert says_started("".join(outputs)) == 1
    third = home.run("waiting")
    assert home.sidecar_pid() == pid
    assert [warnings(output) for output in (*outputs, third)] == [[], [], []]
    here = home.landed()
    assert [(name, state) for _, name, state in here] == [
        ("end/2", "finished"),
        ("start/1", "finished"),
    ] * 2
    assert len({group for group, _, _ in here}) == 2
    # The sidecar isn't bound to the project of the flow that started it.
    assert len(home.landed("elsewhere")) == 2


def test_killed_launcher_leaves_nothing_behind_that_is_lost(home):
    """The sidecar is found, and what it leaves when it is killed too is taken up by the next."""
    launcher = home.launch("waiting", WAITS="end", UNTIL=str(home.path / "go"))
    home.wait_for(lambda: home.attempts() == (1, 1))
    launcher.kill()
    launcher.communicate()
    assert home.attempts() == (1, 1)

    home.kill_sidecar()
    home.wait_until_sidecar_ends()
    (home.path / "go").touch()  # the task lives on without its launcher
    assert warnings(home.run("waiting")) == []
    # The killed run's last task counts as lost for a minute yet, which `drain` would wait out.
    home.wait_for(lambda: home.done() >= 3)
    groups = [group for group, name, _ in home.landed(drained=False) if name == "start/1"]
    assert len(groups) == 2


def test_sidecar_that_is_killed_or_stuck_loses_nothing(home):
    """What it doesn't take goes to files, and from there to W&B, each task once."""
    # Named, so that launchers see to it, too.
    spool = {"METAFLOW_WANDB_SPOOL": str(home.data / "spool"), "METAFLOW_WANDB_TIMEOUT": "5"}
    wait = {"WAITS": "start", "UNTIL": str(home.path / "go"), **spool}
    launcher = home.launch("waiting", **wait)
    home.wait_for(lambda: home.attempts() == (1, 0))
    home.kill_sidecar()
    (home.path / "go").touch()
    output, _ = launcher.communicate(timeout=120)

    assert launcher.returncode == 0
    assert says_started(output) == 2
    (warning,) = warnings(output)
    assert "its data is kept in ~/.metaflow-wandb/spool/own" in warning
    home.wait_for(lambda: home.done() == 2)

    pid = home.sidecar_pid()
    os.kill(pid, signal.SIGSTOP)
    (warning,) = warnings(home.run("waiting", **spool))
    assert "did not answer within 5 s; the flow runs on, and its data is kept" in warning
    os.kill(pid, signal.SIGCONT)
    assert warnings(home.run("waiting", **spool)) == []
    home.wait_for(lambda: home.done() == 6)
    assert not list((home.data / "spool").glob("*/*.spool"))
    landed = home.landed()
    assert len({group for group, _, _ in landed}) == 3
    assert sorted(run[1:] for run in landed) == sorted(
        [("start/1", "finished"), ("end/2", "finished")] * 3
    )


def test_sidecar_ends_when_idle_and_no_run_falls_between_two(home):
    """With next to no patience, each run still finds a sidecar, or gets one."""
    outputs = [home.run("waiting", METAFLOW_WANDB_IDLE_EXIT="0.05") for _ in range(3)]

    assert [warnings(output) for output in outputs] == [[], [], []]
    assert sum(says_started(output) for output in outputs) >= 1
    home.wait_until_sidecar_ends()
    # Another one may just be starting, for a run that found the first about to end.
    home.wait_for(lambda: not (home.data / "sidecar.sock").exists())
    home.wait_until_sidecar_ends()
    home.run("failing", HOW="fine")  # one that stays
    assert len({group for group, _, _ in home.landed()}) == 4


def test_sidecar_is_started_apart_from_the_flow(home, telltale):
    """It has neither the flow's pipes nor its session; it has the user's key, out of sight."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    try:
        output = home.run("failing", HOW="fine", WANDB_API_KEY="sesame", **telltale)
    finally:
        os.close(reader)
        os.close(writer)

    told = json.loads((home.path / "told.json").read_text())
    log = str(home.data / "sidecar.log")
    assert told["leads_session"]
    assert told["descriptors"] == ["/dev/null", log, log]
    assert set(told["others"]) <= {str(home.data / "autostart.lock"), str(home.path / "told.json")}
    assert told["directory"] == str(home.data)
    assert told["environment"]["WANDB_API_KEY"] == "sesame"
    assert "WANDB_PROJECT" not in told["environment"]
    assert "sesame" not in str(told["arguments"])
    assert stat.S_IMODE(os.stat(log).st_mode) == 0o600
    (warning,) = warnings(output)
    assert "out of order today" in warning


def test_spin_starts_nothing(home, telltale):
    """It logs nothing, so it needs no sidecar."""
    home.run("waiting", METAFLOW_WANDB_DISABLED="1")
    output = home.run("waiting", "spin", "end", **telltale)
    assert not (home.path / "told.json").exists()
    assert warnings(output) == []


@pytest.mark.parametrize(
    ("named", "hint"),
    [("", "pip install 'metaflow-wandb[sidecar]'"), ("/nowhere/at-all", "METAFLOW_WANDB_BIN")],
)
def test_missing_program_costs_one_line_a_run(home, named, hint):
    """The line says what to install; the flow runs."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    output = home.run("waiting", METAFLOW_WANDB_BIN=named, PATH=path)
    (warning,) = warnings(output)
    assert hint in warning


def test_sidecar_that_does_not_come_up_costs_one_line_a_run(home):
    """A program that hangs is waited for no longer than the timeout."""
    program = home.path / "hangs"
    program.write_text("#!/bin/sh\necho $$ > hangs.pid\nexec sleep 60\n")
    program.chmod(0o755)
    output = home.run("waiting", METAFLOW_WANDB_BIN=str(program), METAFLOW_WANDB_TIMEOUT="1")
    subprocess.run(["kill", (home.data / "hangs.pid").read_text().strip()], check=True)
    (warning,) = warnings(output)
    assert "within 1 s" in warning
