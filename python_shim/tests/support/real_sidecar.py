"""The built sidecar with its embedded W&B, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

_MAIN = Path(__file__).parents[3] / "dist" / "main.js"
_START_TIMEOUT_S = 60
_DRAIN_TIMEOUT_S = 300
# A killed task is known for one soon, and none that lives is taken for one.
_CRASH_GRACE_S = 2


def bare_environment(home: Path) -> dict[str, str]:
    """Return this process's environment without what leads to accounts and settings of its user."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("METAFLOW_", "WANDB_"))}
    return kept | {
        "HOME": str(home),
        "NETRC": str(home / ".netrc"),
        # @parallel starts its nodes as `python`.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "METAFLOW_USER": "tester",
        "WANDB_SILENT": "true",
    }


class RealSidecar:
    """Serves on a port and on the socket that is the default for its `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        data = home / ".metaflow-wandb"
        flags = ("--grpc", "--http", "--wandb-local")
        addresses = [word for flag in flags for word in (flag, "127.0.0.1:0")]
        options = ["--destination", "local", "--python", sys.executable]
        options += ["--crash-grace", str(_CRASH_GRACE_S)]
        node = shutil.which("node")
        assert node, "node is not on PATH"
        assert _MAIN.exists(), "the sidecar is not built: npm run build"
        self._command = [node, str(_MAIN)]
        self._log = (home / "sidecar.log").open("w+")
        self._process = subprocess.Popen(
            [*self._command, "serve", *addresses, *options],
            env=bare_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._facts = self._wait_for(data / "sidecar.json")

    def _wait_for(self, path: Path) -> dict:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if path.exists() and (facts := json.loads(path.read_text())).get("wandbLocal"):
                return facts
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"the sidecar did not start:\n{self.log()}")

    def flow_environment(self) -> dict[str, str]:
        """Return what makes a flow log through it."""
        return {
            "METAFLOW_WANDB_SIDECAR": self._facts["grpc"][0],
            "METAFLOW_WANDB_TOKEN": self._facts["token"],
            "METAFLOW_WANDB_TIMEOUT": "60",
        }

    def reader_environment(self) -> dict[str, str]:
        """Return what makes W&B's client read from the embedded W&B."""
        embedded = self._facts["wandbLocal"]
        return {
            "WANDB_BASE_URL": embedded["url"],
            "WANDB_API_KEY": Path(embedded["apiKeyPath"]).read_text().strip(),
            "WANDB_ENTITY": embedded["entity"],
        }

    def release_held(self) -> None:
        """Send on what runs in W&B's offline mode keep here."""
        self._tell("retry")

    def drain(self) -> None:
        """Wait until all is in W&B."""
        self._tell("drain", "--timeout", str(_DRAIN_TIMEOUT_S))

    def _tell(self, *command: str) -> None:
        env = bare_environment(self.home)
        done = subprocess.run([*self._command, *command], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def log(self) -> str:
        """Return what it has printed."""
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()
