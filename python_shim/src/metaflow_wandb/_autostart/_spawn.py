"""Starts the sidecar's process so that nothing of the flow's is held by it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Sequence

from metaflow_wandb._autostart._find import interpreter_with_client
from metaflow_wandb._autostart._place import Place
from metaflow_wandb._child_environment import with_absolute_paths
from metaflow_wandb._forwarded import FORWARDED

IDLE_EXIT_VARIABLE = "METAFLOW_WANDB_IDLE_EXIT"
DEFAULT_IDLE_EXIT_S = 300.0


def take_lock(place: Place) -> int | None:
    """Return a descriptor that holds the right to start a sidecar; None where another has it.

    Raises:
        OSError: the directory can't be written to.
    """
    os.makedirs(place.directory, mode=0o700, exist_ok=True)
    descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def spawn(command: Sequence[str], place: Place, lock: int) -> subprocess.Popen[bytes]:
    """Start a sidecar in a session of its own, which keeps `lock` for as long as it lives.

    Raises:
        OSError: it can't be started.
        ValueError: a setting can't be understood; the message names it.
    """
    os.makedirs(place.data, mode=0o700, exist_ok=True)
    output = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [*command, *_arguments(place)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            pass_fds=(lock,),
            cwd=place.data,
            env=_environment(),
        )
    finally:
        os.close(output)


def last_words(place: Place) -> str:
    """Return the last line of the sidecar's log, empty where there is none."""
    with contextlib.suppress(OSError), open(place.log, "rb") as log:
        log.seek(max(0, os.fstat(log.fileno()).st_size - 4096))
        lines = log.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""


def _arguments(place: Place) -> list[str]:
    arguments = ["serve", "--grpc", f"unix:{place.socket}", "--data-dir", place.data]
    arguments += ["--idle-exit", f"{_idle_exit_s():g}", "--log-file", place.log]
    python = interpreter_with_client()
    if python and not os.environ.get("METAFLOW_WANDB_SERVE_PYTHON"):
        arguments += ["--python", python]
    return arguments


def _environment() -> dict[str, str]:
    """Return this process's environment, less what is this flow's alone.

    Steps send it along; as the sidecar's own it would go for every later flow too.
    """
    kept = {name: value for name, value in os.environ.items() if name not in FORWARDED}
    return with_absolute_paths(kept)


def _idle_exit_s() -> float:
    text = os.environ.get(IDLE_EXIT_VARIABLE, "").strip()
    if not text:
        return DEFAULT_IDLE_EXIT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ValueError(f"{IDLE_EXIT_VARIABLE} must be a number of seconds, got {text!r}")
    return seconds
