"""A user's home directory, and the sidecar that was started for them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = CHECKOUT / "dist" / "main.js"
FLOWS = CHECKOUT / "python_shim" / "tests" / "flows"
_DEADLINE_S = 120

_READ = """
import json, sys, wandb
runs = wandb.Api().runs("local/" + sys.argv[1], per_page=200)
print(json.dumps(sorted([run.group, run.name, run.state] for run in runs)))
"""


class UsersHome:
    """Runs flows as a user who has set nothing but where the program is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / ".metaflow-wandb"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("METAFLOW_", "WANDB_"))
        }
        return kept | {
            "HOME": str(self.path),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "METAFLOW_USER": "tester",
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(self.path),
            "METAFLOW_WANDB_BIN": str(PROGRAM),
            "METAFLOW_WANDB_TIMEOUT": "60",
            "WANDB_PROJECT": "here",
            **more,
        }

    def launch(self, flow: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
        program = [sys.executable, str(FLOWS / f"{flow}.py"), "--no-pylint"]
        return subprocess.Popen(
            [*program, *(arguments or ("run",))],
            env=self.environment(**more),
            cwd=self.path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, flow: str, *arguments: str, **more: str) -> str:
        """Run a flow to its end, and to the end of its pipes; return its output."""
        launcher = self.launch(flow, *arguments, **more)
        output, _ = launcher.communicate(timeout=_DEADLINE_S)
        assert launcher.returncode == 0, output
        return output

    def command(self, *arguments: str) -> str:
        """Run one of the program's commands, without a word on where the sidecar is."""
        return subprocess.run(
            [str(PROGRAM), *arguments],
            env=self.environment(),
            cwd=self.path,
            check=True,
            text=True,
            capture_output=True,
            timeout=_DEADLINE_S,
        ).stdout

    def landed(self, project: str = "here", drained: bool = True) -> list[tuple[str, str, str]]:
        """Return group, name and state of the runs that W&B's client finds."""
        if drained:
            self.command("drain", "--timeout", "60")
        embedded = self.sidecar_file()["wandbLocal"]
        key = Path(embedded["apiKeyPath"]).read_text().strip()
        done = subprocess.run(
            [sys.executable, "-c", _READ, project],
            env=self.environment(WANDB_BASE_URL=embedded["url"], WANDB_API_KEY=key),
            cwd=self.path,
            check=True,
            text=True,
            capture_output=True,
            timeout=_DEADLINE_S,
        )
        return [tuple(run) for run in json.loads(done.stdout.splitlines()[-1])]

    def attempts(self) -> tuple[int, int]:
        """Return how many attempts are open, and how many have ended; zeros without a sidecar."""
        if self.sidecar_pid() is None:
            return 0, 0
        counts = self._counts()
        return counts["open"], counts["pending"] + counts["done"]

    def done(self) -> int:
        """Return how many attempts are in W&B."""
        return self._counts()["done"]

    def _counts(self) -> dict[str, int]:
        return json.loads(self.command("status", "--json"))["attempts"]

    def sidecar_file(self) -> dict:
        return json.loads((self.data / "sidecar.json").read_text())

    def sidecar_pid(self) -> int | None:
        """Return the sidecar's process where it still runs."""
        try:
            pid = self.sidecar_file()["pid"]
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def wait_until_sidecar_ends(self) -> None:
        self.wait_for(lambda: self.sidecar_pid() is None)

    def wait_for(self, condition) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    def kill_sidecar(self) -> None:
        pid = self.sidecar_pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End the sidecar."""
        pid = self.sidecar_pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        self.wait_until_sidecar_ends()


def says_started(output: str) -> int:
    return output.count("metaflow-wandb: started a sidecar")


def warnings(output: str) -> list[str]:
    """Return our lines but for the one that tells of a start."""
    lines = [line for line in output.splitlines() if "metaflow-wandb: " in line]
    return [line for line in lines if "started a sidecar" not in line]
