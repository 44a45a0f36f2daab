"""Where a user's own sidecar lives."""

from __future__ import annotations

import os
from typing import NamedTuple

_HOME = "~/.metaflow-wandb"


class Place(NamedTuple):
    """Files by which launchers, tasks and the user's sidecar find one another."""

    directory: str

    @property
    def socket(self) -> str:
        """Where steps connect."""
        return os.path.join(self.directory, "sidecar.sock")

    @property
    def lease_socket(self) -> str:
        """Where a launcher that needs the sidecar holds a connection."""
        return f"{self.socket}.use"

    @property
    def lock(self) -> str:
        """Held by the sidecar that was started, for as long as its process lives."""
        return os.path.join(self.directory, "autostart.lock")

    @property
    def data(self) -> str:
        """What must survive a restart of the sidecar."""
        chosen = os.environ.get("METAFLOW_WANDB_SERVE_DATA_DIR", "").strip()
        return os.path.abspath(os.path.expanduser(chosen)) if chosen else self.directory

    @property
    def log(self) -> str:
        """What the sidecar has to say."""
        return os.path.join(self.data, "sidecar.log")


def users_place() -> Place:
    """Return the place of the user who runs this process."""
    return Place(os.path.expanduser(_HOME))


def shown(path: str) -> str:
    """Return a path as people write it."""
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path
