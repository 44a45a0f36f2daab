"""Reads the `settings` option without importing wandb, leaving secrets behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from metaflow_wandb._urls import without_credentials

# Fields of wandb.Settings that carry credentials, and anything named like one.
_SECRET = re.compile(
    r"key|token|secret|passw|credential|auth(?!or)|cookie|headers|prox(y|ies)",
    re.IGNORECASE,
)
_MAX_JSON_BYTES = 256 * 1024


class SentSettings(NamedTuple):
    """Settings as they travel: JSON of the fields, and names that stay behind."""

    json: str
    withheld: tuple[str, ...]


def read_settings(settings: Any) -> SentSettings:
    """Return the fields that the user set.

    Args:
        settings: a `wandb.Settings`, a mapping of field names, or None.

    Raises:
        TypeError: `settings` is none of these, or a key isn't text.
    """
    fields = _fields_set(settings)
    withheld = tuple(sorted(name for name in fields if _SECRET.search(name)))
    sent = {name: value for name, value in fields.items() if name not in withheld}
    if not sent:
        return SentSettings("", withheld)
    # Read back, so that text from whatever type is looked through.
    plain = json.loads(json.dumps(sent, default=_plain, allow_nan=False))
    text = json.dumps(_without_credentials(plain), allow_nan=False)
    if len(text) > _MAX_JSON_BYTES:
        raise TypeError(f"wandb_log: option 'settings' is larger than {_MAX_JSON_BYTES} bytes")
    return SentSettings(text, withheld)


def _fields_set(settings: Any) -> dict[str, Any]:
    if settings is None:
        return {}
    if isinstance(settings, Mapping):
        fields = dict(settings)
    elif _is_wandb_settings(settings):
        fields = {name: getattr(settings, name) for name in settings.model_fields_set}
    else:
        raise TypeError(
            "wandb_log: option 'settings' must be a wandb.Settings, a dict or None, "
            f"got a value of type {type(settings).__name__!r}"
        )
    for name in fields:
        if not isinstance(name, str):
            raise TypeError(f"wandb_log: option 'settings' has a key that isn't text: {name!r:.60}")
    return fields


def _is_wandb_settings(value: Any) -> bool:
    return any(
        cls.__name__ == "Settings" and cls.__module__.partition(".")[0] == "wandb"
        for cls in type(value).__mro__
    ) and hasattr(value, "model_fields_set")


def _without_credentials(value: Any) -> Any:
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, list):
        return [_without_credentials(item) for item in value]
    if isinstance(value, dict):
        return {
            without_credentials(name): _without_credentials(item) for name, item in value.items()
        }
    return value


def _plain(value: Any) -> Any:
    """Turn what JSON lacks into its nearest form; used for settings only."""
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
