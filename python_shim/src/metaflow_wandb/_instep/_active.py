"""The step that runs in this process, if it is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaflow_wandb._instep._in_step import InStep

in_step: InStep | None = None
