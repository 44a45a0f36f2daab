"""Opens the gRPC channel to the sidecar."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._address import SidecarAddress
from metaflow_wandb._lean_imports import core_settings, import_grpc

_MAX_RESPONSE_BYTES = 64 * 1024 * 1024
# How often to look for a sidecar that is just starting, in milliseconds.
_RETRY_MS = 100


def open_channel(address: SidecarAddress) -> Any:
    """Return a channel; it connects by itself, in the background.

    Raises:
        OSError: a certificate can't be read.
    """
    options = [
        # The sidecar is on this machine or network; proxies are for elsewhere.
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
    ]
    if address.may_be_starting:
        options += [
            ("grpc.initial_reconnect_backoff_ms", _RETRY_MS),
            ("grpc.max_reconnect_backoff_ms", _RETRY_MS),
        ]
    with core_settings():
        grpc = import_grpc()
        if not address.uses_tls:
            return grpc.insecure_channel(address.target, options)
        credentials = grpc.ssl_channel_credentials(
            _read(address.tls_ca), _read(address.tls_key), _read(address.tls_cert)
        )
        return grpc.secure_channel(address.target, credentials, options)


def _read(path: str) -> bytes | None:
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read()
