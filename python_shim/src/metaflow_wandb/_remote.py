"""Ships the shim along with a flow that uses it and runs elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def package_content() -> Iterator[tuple[str, None, Any]]:
    """Yield this package for Metaflow's code package, where Metaflow can take it."""
    try:
        from metaflow.packaging_sys import ContentType
    except ImportError:
        return
    yield "metaflow_wandb", None, ContentType.MODULE_CONTENT
