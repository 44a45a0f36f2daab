"""Changes to the client where it has no setting for what is needed.

Each is left out where a version of the client has no such place.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from wandb.sdk.interface.interface import InterfaceBase
from wandb.sdk.lib import capped_dict

_step = threading.local()


def begin_next_run_at_step_start(duration_s: float) -> None:
    """Let the run that this thread opens next have lasted as long as the step.

    The client counts `_runtime` from when the run starts in this process, plus
    what a resumed run already had. The step's duration is handed in as that.
    """
    _step.duration_s = max(0, int(duration_s))


def apply() -> None:
    """Change the client; once a process, before its first use."""
    if hasattr(InterfaceBase, "deliver_run"):
        _hand_in_runtime()
    _guard_caches()
    _report_nothing()


def _report_nothing() -> None:
    # Where the service ends while it is started, the client means to report that, waits for a
    # lock that it holds itself, and stands still for ever.
    with contextlib.suppress(ImportError, AttributeError):
        from wandb.analytics.opentelemetry import opentelemetry_proxy

        opentelemetry_proxy.disable()


def _hand_in_runtime() -> None:
    original = InterfaceBase.deliver_run

    def deliver_run(self: InterfaceBase, run: Any) -> Any:
        run._start_runtime = getattr(_step, "duration_s", 0)
        return original(self, run)

    InterfaceBase.deliver_run = deliver_run  # type: ignore[method-assign]


def _guard_caches() -> None:
    # Every artifact, made or fetched, goes into such a cache. When it is full,
    # threads that make room in it at once fail with KeyError.
    lock = threading.RLock()
    original = capped_dict.CappedDict.__setitem__

    def set_item(self: capped_dict.CappedDict, key: str, value: Any) -> None:
        with lock:
            original(self, key, value)

    capped_dict.CappedDict.__setitem__ = set_item  # type: ignore[method-assign]
