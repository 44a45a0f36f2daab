"""Encoders: one for each encoding of the protocol, and no rules.

Which encoding a value gets is the sidecar's plan. Each encoder writes into
files that a `PayloadWriter` opens, so that no second copy of a value is held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metaflow_wandb._encoders._files import encode_files
from metaflow_wandb._encoders._parquet import encode_parquet
from metaflow_wandb._encoders._pickle import encode_pickle
from metaflow_wandb._encoders._torch import encode_torch
from metaflow_wandb._encoders._writer import CannotEncodeError, PayloadWriter
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._quiet import quiet

Encoder = Callable[[Any, str, PayloadWriter], None]


def _quietly(encode: Encoder) -> Encoder:
    def encode_quietly(value: Any, file_name: str, payload: PayloadWriter) -> None:
        with quiet():
            encode(value, file_name, payload)

    return encode_quietly


ENCODERS: dict[int, Encoder] = {
    pb.ENCODING_PARQUET: _quietly(encode_parquet),
    pb.ENCODING_PICKLE: _quietly(encode_pickle),
    pb.ENCODING_TORCH: _quietly(encode_torch),
    pb.ENCODING_FILES: _quietly(encode_files),
}

__all__ = ["ENCODERS", "CannotEncodeError", "Encoder", "PayloadWriter"]
