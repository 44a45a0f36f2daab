"""The environment of a process that works elsewhere than this one does."""

from __future__ import annotations

import os

# Settings that name a file or a directory, from here.
_PATHS = (
    "METAFLOW_WANDB_SPOOL",
    "METAFLOW_WANDB_TLS_CA",
    "METAFLOW_WANDB_TLS_CERT",
    "METAFLOW_WANDB_TLS_KEY",
)


def with_absolute_paths(environment: dict[str, str]) -> dict[str, str]:
    """Return an environment whose settings mean the same in any directory."""
    named = {name: environment.get(name, "").strip() for name in _PATHS}
    # `~` is for whoever reads it.
    relative = {name: path for name, path in named.items() if path and path[0] not in "/~"}
    return {**environment, **{name: os.path.abspath(path) for name, path in relative.items()}}
