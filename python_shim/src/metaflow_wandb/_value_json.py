"""Turns base values into the tagged JSON of `Variable.value_json`."""

from __future__ import annotations

import base64
import collections
import datetime
import decimal
import enum
import json
import math
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from metaflow_wandb._arrays import array_json, is_array
from metaflow_wandb._types import qualified_name, type_mro

MAX_DEPTH = 64
MAX_ELEMENTS = 100_000
MAX_JSON_BYTES = 4 * 1024 * 1024
# JSON numbers beyond this lose digits in most readers.
_MAX_PLAIN_INT = 2**53 - 1


class NotDescribable(Exception):
    """A value has no JSON form; the message says why."""


def is_base_value(value: object) -> bool:
    """Say whether a value travels as JSON, by its type alone."""
    return isinstance(value, tuple(kind for kind, _ in _CONVERTERS)) or _is_numpy_scalar(value)


def value_json(value: object) -> str:
    """Return a base value as tagged JSON.

    Elements that have no JSON form become `$omitted`.

    Raises:
        NotDescribable: the value itself has none, or is too large.
    """
    converter = _Converter()
    tree = converter.convert(value)
    if isinstance(tree, dict) and list(tree) == ["$omitted"]:
        raise NotDescribable(tree["$omitted"]["reason"])
    text = json.dumps(tree, allow_nan=False, separators=(",", ":"))
    if len(text) > MAX_JSON_BYTES:
        raise NotDescribable(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
    return text


class _Converter:
    """Converts one value, counting its elements and remembering what it is in."""

    def __init__(self) -> None:
        self._elements = 0
        self._bytes = 0
        self._inside: list[int] = []

    def convert(self, value: Any) -> Any:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise NotDescribable(f"it holds more than {MAX_ELEMENTS} elements")
        if id(value) in self._inside:
            return omitted(value, "it contains itself")
        if len(self._inside) >= MAX_DEPTH:
            return omitted(value, f"nested more than {MAX_DEPTH} deep")
        self._inside.append(id(value))
        try:
            return self._converted(value)
        except (NotDescribable, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - a user's class may raise anything
            return omitted(value, f"{type(error).__name__} while reading it")
        finally:
            self._inside.pop()

    def grown(self, text: str) -> str:
        """Count text towards the size limit early, before it is copied around."""
        self._bytes += len(text)
        if self._bytes > MAX_JSON_BYTES:
            raise NotDescribable(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
        return text

    def _converted(self, value: Any) -> Any:
        if _is_numpy_scalar(value) and not isinstance(value, (str, bytes, float)):
            return self._numpy_scalar(value)
        for kind, convert in _CONVERTERS:
            if isinstance(value, kind):
                return convert(self, value)
        if isinstance(value, (bytes, bytearray)):
            return {"$bytes": self.grown(base64.b64encode(value).decode("ascii"))}
        if is_array(value):
            return array_json(value, self.convert)
        return omitted(value, "a value of this type is not logged from inside a container")

    def _numpy_scalar(self, value: Any) -> Any:
        item = value.item()
        if _is_numpy_scalar(item):  # long doubles and the like have no Python form
            return self.convert(float(item))
        if "numpy.datetime64" in type_mro(value):
            return {"$datetime": str(value)}
        return self.convert(item)

    def items(self, values: Iterable[Any]) -> list[Any]:
        return [self.convert(item) for item in values]

    def mapping(self, value: dict[Any, Any]) -> Any:
        items = (
            collections.OrderedDict.items(value)
            if isinstance(value, collections.OrderedDict)
            else dict.items(value)
        )
        pairs = [(key, self.convert(item)) for key, item in items]
        plain = all(isinstance(key, str) and not isinstance(key, enum.Enum) for key, _ in pairs)
        if plain and not (len(pairs) == 1 and pairs[0][0].startswith("$")):
            return {self.grown(str.__str__(key)): item for key, item in pairs}
        return {"$dict": [[self.convert(key), item] for key, item in pairs]}


def omitted(value: object, reason: str) -> dict[str, Any]:
    """Return what stands for an element that is left out."""
    return {"$omitted": {"type": qualified_name(type(value)), "reason": reason}}


def _integer(_: _Converter, value: int) -> Any:
    number = int.__add__(value, 0)
    if abs(number) <= _MAX_PLAIN_INT:
        return number
    return {"$int": str(number)}


def _float(_: _Converter, value: float) -> Any:
    number = float.__pos__(value)
    if math.isfinite(number):
        return number
    return {"$float": "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"}


def _tagged(tag: str, text: Callable[[Any], Any]) -> Callable[[_Converter, Any], Any]:
    return lambda _, value: {tag: text(value)}


def _is_numpy_scalar(value: object) -> bool:
    return "numpy.generic" in type_mro(value)


# First match wins: enums may also be integers, booleans always are.
_CONVERTERS: tuple[tuple[Any, Callable[[_Converter, Any], Any]], ...] = (
    (
        enum.Enum,
        lambda to, value: {"$enum": {"name": value.name, "value": to.convert(value.value)}},
    ),
    (type(None), lambda _, value: None),
    (bool, lambda _, value: value),
    (int, _integer),
    (float, _float),
    (str, lambda to, value: to.grown(str.__str__(value))),
    (dict, lambda to, value: to.mapping(value)),
    (list, lambda to, value: to.items(list.__iter__(value))),
    (tuple, lambda to, value: {"$tuple": to.items(tuple.__iter__(value))}),
    (set, lambda to, value: {"$set": to.items(set.__iter__(value))}),
    (frozenset, lambda to, value: {"$set": to.items(frozenset.__iter__(value))}),
    (datetime.datetime, _tagged("$datetime", lambda value: value.isoformat())),
    (datetime.date, _tagged("$date", lambda value: value.isoformat())),
    (datetime.time, _tagged("$time", lambda value: value.isoformat())),
    (datetime.timedelta, _tagged("$timedelta", lambda value: value.total_seconds())),
    (decimal.Decimal, _tagged("$decimal", str)),
    (uuid.UUID, _tagged("$uuid", str)),
)
