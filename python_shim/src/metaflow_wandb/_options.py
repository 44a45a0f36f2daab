"""What the user asks for in one `wandb_log` decoration, checked strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

FLAGS = ("datasets", "models", "others")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


class LogOptions(NamedTuple):
    """Options of one decoration.

    `settings` is what the user gave; it is read for sending with secrets left
    out by `metaflow_wandb._settings.read_settings`.
    """

    datasets: bool = False
    models: bool = False
    others: bool = False
    enabled: bool = True
    settings: Any = None

    def documented(self) -> dict[str, Any]:
        """Return the four options that W&B documents, as its tests read them."""
        return {
            "datasets": self.datasets,
            "models": self.models,
            "others": self.others,
            "settings": self.settings,
        }


def checked_options(**given: Any) -> LogOptions:
    """Return the options written in code.

    Raises:
        TypeError: an option has a wrong type; the message names it.
    """
    for name in (*FLAGS, "enabled"):
        value = given.get(name)
        if name in given and not isinstance(value, bool):
            raise TypeError(
                f"wandb_log: option {name!r} must be True or False, got {_shown(value)}"
            )
    if given.get("settings") is not None:
        # Where Metaflow is only imported, there are none.
        from metaflow_wandb._settings import read_settings

        read_settings(given["settings"])
    return LogOptions(**given)


def options_from_spec(attributes: Mapping[str, Any]) -> LogOptions:
    """Return the options of `--with wandb_log:…`, whose values may be text.

    Raises:
        ValueError: an option is neither a boolean nor a word for one.
    """
    return checked_options(**{name: _coerced(name, value) for name, value in attributes.items()})


def _coerced(name: str, value: Any) -> Any:
    if name == "settings" or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _WORDS:
        raise ValueError(f"wandb_log: option {name!r} must be True or False, got {_shown(value)}")
    return _WORDS[word]


def _shown(value: Any) -> str:
    if value is None or isinstance(value, (str, int, float)):
        return f"{value!r:.60}"
    return f"a value of type {type(value).__name__!r}"
