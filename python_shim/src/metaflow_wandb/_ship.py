"""Puts the launcher's settings into Metaflow's code package; never a token or a key."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import sys
import tempfile
from pathlib import Path

from metaflow_wandb._forwarded import FORWARDED
from metaflow_wandb._packaged import DERIVED_PROJECT, packaged, setting
from metaflow_wandb._project import derived_project, git_root
from metaflow_wandb._urls import without_credentials

_SHIPPED = (
    "METAFLOW_WANDB_DISABLED",
    "METAFLOW_WANDB_SPOOL",
    "METAFLOW_WANDB_SPOOL_MAX_BYTES",
    "METAFLOW_WANDB_TIMEOUT",
    "METAFLOW_WANDB_TLS_CA",
    "METAFLOW_WANDB_TLS_CERT",
    "METAFLOW_WANDB_TLS_KEY",
    *FORWARDED,
)


def settings_to_ship() -> dict[str, str]:
    """Return what tasks on other machines are to know."""
    values = {name: without_credentials(setting(name)) for name in _SHIPPED}
    sidecar = setting("METAFLOW_WANDB_SIDECAR")
    if _reaches_beyond_this_machine(sidecar):
        values["METAFLOW_WANDB_SIDECAR"] = sidecar
    program = sys.argv[0] if sys.argv else ""
    derived = packaged(DERIVED_PROJECT) or derived_project(git_root(os.getcwd()), program)
    values[DERIVED_PROJECT] = derived
    return {name: value for name, value in values.items() if value}


@functools.cache
def settings_file() -> str:
    """Return the path of a file with what tasks on other machines are to know.

    Raises:
        OSError: it can't be written.
    """
    # One for all steps: Metaflow refuses two files for one name.
    descriptor, path = tempfile.mkstemp(prefix="metaflow-wandb-settings-", suffix=".json")
    atexit.register(_remove, path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(settings_to_ship(), file)
    return path


@functools.cache
def own_files() -> tuple[tuple[str, str], ...]:
    """Return this package's files, each with its path and its name in the code package.

    Metaflow would find them by `METAFLOW_PACKAGE_POLICY`, and for that read the
    metadata of all that is installed: a tenth of a second for each run.
    """
    root = Path(__file__).parent
    paths = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".typed"))
    return tuple((str(path), path.relative_to(root.parent).as_posix()) for path in paths)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _reaches_beyond_this_machine(address: str) -> bool:
    """Say whether an address means the same elsewhere; loopback there is somebody else's."""
    host = address.rpartition(":")[0].strip("[]").lower()
    if not host or address.startswith("unix:"):
        return False
    return not (host in ("localhost", "::1") or host.startswith("127."))
