"""Runs that stay open in this process from one call to the next, since their step goes on."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .client_log import client_errors

if TYPE_CHECKING:
    from .open_runs import OpenRun


class HeldRuns:
    """The held runs of a process by id. Thread-safe; calls for one run take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._held: dict[str, OpenRun] = {}

    @contextlib.contextmanager
    def turn(self, run_id: str) -> Iterator[None]:
        """Wait until no other call deals with the run."""
        with self._lock:
            lock = self._locks.setdefault(run_id, threading.Lock())
        with lock:
            yield

    def hold(self, run_id: str, opened: OpenRun) -> None:
        """Keep a run open for the next call."""
        with self._lock:
            self._held[run_id] = opened

    def take(self, run_id: str) -> OpenRun | None:
        """Give the run that is held, which then is not any more. One that the client gave up is ended."""
        with self._lock:
            opened = self._held.pop(run_id, None)
        if opened is None or not client_errors(opened.directory):
            return opened
        with contextlib.suppress(Exception):
            opened.close(1)
        shutil.rmtree(opened.directory, ignore_errors=True)
        return None
