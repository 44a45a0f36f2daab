"""Settings that travel in Metaflow's code package, for tasks on other machines.

Environment variables of the launcher don't reach them. What the environment of
the task itself says wins.
"""

from __future__ import annotations

import functools
import json
import os

# Beside this package, as the launcher puts it into the code package.
FILE_NAME = "metaflow_wandb_settings.json"
DERIVED_PROJECT = "derived_project"


def setting(name: str) -> str:
    """Return an environment variable, else its value at the launcher; empty where unset."""
    return os.environ.get(name, "").strip() or packaged(name)


def packaged(name: str) -> str:
    """Return what the launcher says, empty where it says nothing or isn't elsewhere."""
    return _read().get(name, "")


@functools.cache
def _read() -> dict[str, str]:
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        with open(os.path.join(root, FILE_NAME), encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, str)}
