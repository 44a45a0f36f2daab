"""Opens the gRPC channel to the sidecar."""

from __future__ import annotations

import os
from typing import Any

from metaflow_wandb._address import SidecarAddress

_MAX_RESPONSE_BYTES = 64 * 1024 * 1024


def open_channel(address: SidecarAddress) -> Any:
    """Return a channel; it connects by itself, in the background.

    Raises:
        ConnectionError: there is no socket at the path, or no permission.
        OSError: a certificate can't be read.
    """
    if address.socket_path and not os.path.exists(address.socket_path):
        raise ConnectionError(f"no sidecar at {address.socket_path}")
    grpc = _import_grpc()
    options = [
        # The sidecar is on this machine or network; proxies are for elsewhere.
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
    ]
    if not address.uses_tls:
        return grpc.insecure_channel(address.target, options)
    credentials = grpc.ssl_channel_credentials(
        _read(address.tls_ca), _read(address.tls_key), _read(address.tls_cert)
    )
    return grpc.secure_channel(address.target, credentials, options)


def _import_grpc() -> Any:
    """Import grpc so that a later fork in the step neither prints nor hangs."""
    ours = {"GRPC_ENABLE_FORK_SUPPORT": "0", "GRPC_VERBOSITY": "NONE"}
    added = {name: value for name, value in ours.items() if name not in os.environ}
    os.environ.update(added)
    try:
        import grpc

        # The core reads its settings when the first object is made.
        grpc.insecure_channel("unix:/nonexistent").close()
    finally:
        for name in added:
            os.environ.pop(name, None)
    return grpc


def _read(path: str) -> bytes | None:
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read()
