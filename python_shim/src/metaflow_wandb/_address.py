"""Where the sidecar is, and how to reach it, from the environment."""

from __future__ import annotations

import os
from typing import NamedTuple

from metaflow_wandb._packaged import setting

DEFAULT_TIMEOUT_S = 10.0
ADDRESS_VARIABLE = "METAFLOW_WANDB_SIDECAR"

# What a user can do where no sidecar is found.
START_HINT = "start `metaflow-wandb serve`, or set METAFLOW_WANDB_SIDECAR"
# Set for tasks whose launcher has just started a sidecar that doesn't answer yet.
STARTING_VARIABLE = "METAFLOW_WANDB_STARTING"


class SidecarAddress(NamedTuple):
    """The sidecar as the step's environment names it.

    `target` is in gRPC's notation. `socket_path` is set for UNIX sockets.
    `is_users_own`: no other was named. `may_be_starting`: it is to be waited for.
    """

    target: str
    socket_path: str
    token: str
    tls_ca: str
    tls_cert: str
    tls_key: str
    timeout_s: float
    is_users_own: bool
    may_be_starting: bool

    @property
    def uses_tls(self) -> bool:
        return bool(self.tls_ca or self.tls_cert)


def sidecar_address() -> SidecarAddress:
    """Read the address.

    Raises:
        ValueError: a setting can't be understood; the message names it.
    """
    target = setting(ADDRESS_VARIABLE)
    is_users_own = not target
    if is_users_own:
        target = "unix:" + os.path.expanduser("~/.metaflow-wandb/sidecar.sock")
    socket_path = ""
    if target.startswith("unix:"):
        socket_path = "/" + target.removeprefix("unix:").lstrip("/")
        target = f"unix:{socket_path}"
    elif ":" not in target:
        raise ValueError(f"{ADDRESS_VARIABLE} must be host:port or unix:/path, got {target!r}")
    return SidecarAddress(
        target=target,
        socket_path=socket_path,
        token=os.environ.get("METAFLOW_WANDB_TOKEN", ""),
        tls_ca=setting("METAFLOW_WANDB_TLS_CA"),
        tls_cert=setting("METAFLOW_WANDB_TLS_CERT"),
        tls_key=setting("METAFLOW_WANDB_TLS_KEY"),
        timeout_s=_timeout_s(),
        is_users_own=is_users_own,
        may_be_starting=is_users_own and bool(os.environ.get(STARTING_VARIABLE)),
    )


def _timeout_s() -> float:
    text = setting("METAFLOW_WANDB_TIMEOUT")
    if not text:
        return DEFAULT_TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 86400:
        raise ValueError(f"METAFLOW_WANDB_TIMEOUT must be a number of seconds, got {text!r}")
    return seconds
