"""Pickle."""

from __future__ import annotations

import pickle
from typing import Any

from metaflow_wandb._encoders._writer import PayloadWriter

# Read by every Python that the shim supports; keeps large buffers out of frames.
PROTOCOL = 5


def encode_pickle(value: Any, file_name: str, payload: PayloadWriter) -> None:
    """Write `value` as one pickle."""
    with payload.open(file_name) as file:
        pickle.Pickler(file, protocol=PROTOCOL).dump(value)
