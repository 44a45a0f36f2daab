"""Sees to it that the user's sidecar is there while a run is launched."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable

from metaflow_wandb._address import START_HINT
from metaflow_wandb._autostart import _spawn
from metaflow_wandb._autostart._find import INSTALL_HINT, find_sidecar
from metaflow_wandb._autostart._lease import Lease, LeaseAnswer, answers, ask_for_lease
from metaflow_wandb._autostart._place import Place, shown
from metaflow_wandb._faults import error_text
from metaflow_wandb._warn import tell

# A sidecar that is there answers within a millisecond or two; a busy one later.
_ANSWER_S = 0.2
_POLL_S = 0.05


class SidecarStarter:
    """Finds the user's sidecar, or starts one, and holds on to it; never waits for it to come up.

    Tasks are told that it is starting, and wait for it when they have something
    to hand over, so that a step runs while the sidecar starts.
    """

    def __init__(self, place: Place, timeout_s: float, on_failure: Callable[[str], None]) -> None:
        self._place = place
        self._timeout_s = timeout_s
        self._on_failure = on_failure
        self._lease: Lease | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._failed = False

    @property
    def is_starting(self) -> bool:
        """Whether tasks must expect to find it not there yet."""
        return self._thread is not None and self._thread.is_alive()

    def ensure(self) -> bool:
        """Start a sidecar unless one is there or on its way, or could not be started before.

        Returns whether there is another one now than before, or will be.
        """
        if self._failed or self.is_starting or (self._lease and self._lease.is_good()):
            return False
        self._lease = self._process = None
        found = ask_for_lease(self._place.lease_socket, _ANSWER_S)
        if self._keep(found) or (not found.going and answers(self._place.socket, _ANSWER_S)):
            return found.lease is not None
        try:
            self._start_unless_started()
        except (OSError, ValueError) as error:
            self._fail(f"no sidecar could be started: {error_text(error)}")
        if not self._failed:
            self._thread = threading.Thread(target=self._follow, daemon=True)
            self._thread.start()
        return not self._failed

    def stop(self) -> None:
        """Let go of the sidecar, which goes on with its work."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(1.0)
        if self._lease is not None:
            self._lease.give_back()

    def _keep(self, answer: LeaseAnswer) -> bool:
        if answer.lease is not None:
            self._lease = answer.lease
        return answer.lease is not None

    def _start_unless_started(self) -> None:
        """Start one, unless another launcher's is starting or on its way out."""
        lock = _spawn.take_lock(self._place)
        if lock is None:
            return
        try:
            command = find_sidecar()
            if command is None:
                self._fail(
                    f"no sidecar at {shown(self._place.socket)}, and no program to start one: "
                    f"{INSTALL_HINT}, or {START_HINT}"
                )
                return
            self._process = _spawn.spawn(command, self._place, lock)
        finally:
            # The sidecar has a copy of its own.
            os.close(lock)
        tell(
            f"started a sidecar, which ends when idle: `{_look(command)} status` shows where it "
            f"logs to and what it does, data and log are in {shown(self._place.data)}"
        )

    def _follow(self) -> None:
        """Wait until it serves, and say so if it doesn't."""
        deadline = time.monotonic() + self._timeout_s
        while time.monotonic() < deadline and not self._stopped.wait(_POLL_S):
            found = ask_for_lease(self._place.lease_socket, self._timeout_s)
            if self._keep(found):
                return
            try:
                if self._process is None:
                    # Another launcher's, or one that was started by hand meanwhile.
                    if not found.going and answers(self._place.socket, _ANSWER_S):
                        return
                    self._start_unless_started()
            except (OSError, ValueError) as error:
                self._fail(f"no sidecar could be started: {error_text(error)}")
            if self._process is not None and self._process.poll() is not None:
                words = _spawn.last_words(self._place).removeprefix("metaflow-wandb: ")
                self._fail(f"the sidecar ended at its start: {words}")
            if self._failed:
                return
        if not self._stopped.is_set():
            log = shown(self._place.log)
            self._fail(f"no sidecar came up within {self._timeout_s:g} s (see {log})")

    def _fail(self, reason: str) -> None:
        self._failed = True
        self._on_failure(reason)


def _look(command: list[str]) -> str:
    return command[0] if len(command) == 1 else "metaflow-wandb"
