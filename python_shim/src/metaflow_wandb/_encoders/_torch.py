"""`torch.save`."""

from __future__ import annotations

import sys
from typing import Any

from metaflow_wandb._encoders._writer import CannotEncodeError, PayloadWriter


def encode_torch(value: Any, file_name: str, payload: PayloadWriter) -> None:
    """Write `value` with `torch.save`."""
    torch = sys.modules.get("torch")
    if torch is None:
        raise CannotEncodeError("torch is not loaded in the step")
    with payload.open(file_name) as file:
        torch.save(value, file)
