"""JSON as the sidecar takes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

# What the sidecar refuses, and the whole stream with it.
_MAX_BYTES = 8 * 1024 * 1024
_MAX_DEPTH = 200

_NON_FINITE = {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}


class ValueTooLargeError(ValueError):
    """A value is larger, or nested deeper, than the sidecar takes."""


def strict_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return a value as strict JSON, non-finite numbers as W&B's client writes them.

    Raises:
        TypeError: a part of it is of a type that JSON lacks, and `default` raised it.
        ValueTooLargeError: it is more than the sidecar takes.
    """
    try:
        text = json.dumps(value, default=default)
    except (RecursionError, ValueError):
        raise ValueTooLargeError("nested too deep, or contains itself") from None
    return strict_json_text(text)


def strict_json_text(text: str) -> str:
    """Return JSON of W&B's client, which may name non-finite numbers, as strict JSON.

    Raises:
        ValueTooLargeError: it is more than the sidecar takes.
    """
    if "NaN" in text or "Infinity" in text:
        value = json.loads(text, parse_constant=_NON_FINITE.__getitem__)
        text = json.dumps(value, allow_nan=False)
    return _checked(text)


def _checked(text: str) -> str:
    if len(text) > _MAX_BYTES:
        raise ValueTooLargeError(f"more than {_MAX_BYTES} bytes")
    if text.count("[") + text.count("{") > _MAX_DEPTH and _depth(text) > _MAX_DEPTH:
        raise ValueTooLargeError(f"nested deeper than {_MAX_DEPTH}")
    return text


def _depth(text: str) -> int:
    """Return a bound on how deep JSON is nested; brackets in strings may add to it."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
