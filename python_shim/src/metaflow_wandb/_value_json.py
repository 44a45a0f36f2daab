"""Turns base values into the tagged JSON of `Variable.value_json`."""

from __future__ import annotations

import base64
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from metaflow_wandb._digits import decimal_digits
from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._patience import StuckError
from metaflow_wandb._types import qualified_name, type_mro

MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
MAX_JSON_BYTES = 4 * 1024 * 1024
# JSON numbers beyond this lose digits in most readers.
_MAX_PLAIN_INT = 2**53 - 1
# Made here, since steps replace functions of `json`.
_to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
# An integer of more bits has more digits than a value's JSON may.
_MAX_INT_BITS = MAX_JSON_BYTES * 10 // 3


class NotDescribableError(Exception):
    """A value has no JSON form; the message says why."""


def is_base_value(value: object) -> bool:
    """Say whether a value travels as JSON, by its type alone."""
    return _converter_for(type_mro(value)) is not None


def value_json(value: object) -> str:
    """Return a base value as tagged JSON.

    Elements that have no JSON form become `$omitted`.

    Raises:
        NotDescribableError: the value itself has none, or is too large.
    """
    tree = ValueConverter().convert(value)
    if isinstance(tree, dict) and list(tree) == ["$omitted"]:
        raise NotDescribableError(tree["$omitted"]["reason"])
    text = _to_json(tree)
    if len(text) > MAX_JSON_BYTES:
        raise NotDescribableError(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
    return text


class ValueConverter:
    """Converts one value, counting its elements and remembering what it is in."""

    def __init__(self) -> None:
        self._elements = 0
        self._bytes = 0
        self._inside: list[int] = []
        # How many dict keys the element at hand is part of.
        self._keys_around = 0

    def convert(self, value: Any) -> Any:
        """Return what `json.dumps` takes for a value.

        Raises:
            NotDescribableError: the whole is too large.
        """
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise NotDescribableError(f"it holds more than {MAX_ELEMENTS} elements")
        if id(value) in self._inside:
            return omitted(value, "it contains itself")
        if len(self._inside) >= MAX_DEPTH:
            return omitted(value, f"nested more than {MAX_DEPTH} deep")
        self._inside.append(id(value))
        try:
            return self._converted(value)
        except (NotDescribableError, MemoryError, StuckError):
            raise
        except BaseException as error:
            if not may_be_swallowed(error):
                raise
            return omitted(value, f"{type(error).__name__} while reading it")
        finally:
            self._inside.pop()

    def text(self, value: str) -> str:
        """Count text towards the size limit early, before it is copied around."""
        self._bytes += len(value)
        if self._bytes > MAX_JSON_BYTES:
            raise NotDescribableError(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
        return value

    def items(self, values: Iterable[Any]) -> list[Any]:
        """Convert the elements of a sequence or set."""
        return [self.convert(item) for item in values]

    def mapping(self, value: dict[Any, Any]) -> Any:
        """Convert a dict; one with other keys than text becomes pairs."""
        base: Any = OrderedDict if isinstance(value, OrderedDict) else dict
        pairs = [(key, self.convert(item)) for key, item in base.items(value)]
        plain = all(type_mro(key)[0] == "builtins.str" for key, _ in pairs)
        if plain and not (len(pairs) == 1 and pairs[0][0].startswith("$")):
            return {self.text(key): item for key, item in pairs}
        return {"$dict": [[self._key(key), item] for key, item in pairs]}

    def in_key(self) -> bool:
        """Say whether the element at hand is a dict's key, or part of one."""
        return self._keys_around > 0

    def _key(self, key: Any) -> Any:
        self._keys_around += 1
        try:
            return self.convert(key)
        finally:
            self._keys_around -= 1

    def _converted(self, value: Any) -> Any:
        mro = type_mro(value)
        convert = _converter_for(mro)
        if convert is not None:
            return convert(self, value)
        if "builtins.bytes" in mro or "builtins.bytearray" in mro:
            return {"$bytes": self.text(base64.b64encode(value).decode("ascii"))}
        if hasattr(type(value), "__array__"):
            from metaflow_wandb._arrays import array_json, is_array

            if is_array(value):
                return array_json(value, self.convert)
        return omitted(value, "a value of this type is not logged from inside a container")


def omitted(value: object, reason: str) -> dict[str, Any]:
    """Return what stands for an element that is left out."""
    return {"$omitted": {"type": qualified_name(type(value)), "reason": reason}}


Convert = Callable[[ValueConverter, Any], Any]


def _converter_for(mro: list[str]) -> Convert | None:
    """Return the converter of the nearest base; an enum's member is never its mere value."""
    if "enum.Enum" in mro:
        return _enum
    return next((_CONVERTERS[name] for name in mro if name in _CONVERTERS), None)


def _enum(to: ValueConverter, value: Any) -> Any:
    return {"$enum": {"name": _plain_text(to, value.name), "value": to.convert(value.value)}}


def _integer(to: ValueConverter, value: int) -> Any:
    # The base's own methods, here and below: a subclass may override them.
    number = int.__add__(value, 0)
    if abs(number) <= _MAX_PLAIN_INT:
        return number
    if number.bit_length() > _MAX_INT_BITS:
        raise NotDescribableError(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
    return {"$int": to.text(decimal_digits(number))}


def _float(to: ValueConverter, value: float) -> Any:
    number = float.__pos__(value)
    if math.isfinite(number):
        # The sidecar's JSON does not tell 1.0 from 1, which as keys are written apart.
        as_text = to.in_key() and number.is_integer()
        return {"$float": repr(number)} if as_text else number
    return {"$float": "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"}


def _numpy_scalar(to: ValueConverter, value: Any) -> Any:
    if "numpy.datetime64" in type_mro(value):
        return {"$datetime": str(value)}
    item = value.item()
    # Long doubles have no Python form.
    return to.convert(float(item) if "numpy.generic" in type_mro(item) else item)


def _timedelta(_: ValueConverter, value: Any) -> Any:
    seconds = float.__pos__(value.total_seconds())
    if not math.isfinite(seconds):
        raise ValueError("it has no length")
    return {"$timedelta": seconds}


def _tagged(tag: str, read: Callable[[Any], Any]) -> Convert:
    return lambda to, value: {tag: _plain_text(to, read(value))}


def _plain_text(to: ValueConverter, text: Any) -> str:
    """Return what a user's class gave for text, if it is text."""
    return to.text(str.__str__(text))


# By qualified name, so that describing a value imports nothing.
_CONVERTERS: dict[str, Convert] = {
    "builtins.NoneType": lambda _, value: None,
    "builtins.bool": lambda _, value: value,
    "builtins.int": _integer,
    "builtins.float": _float,
    "builtins.str": lambda to, value: to.text(str.__str__(value)),
    "builtins.dict": lambda to, value: to.mapping(value),
    "builtins.list": lambda to, value: to.items(list.__iter__(value)),
    "builtins.tuple": lambda to, value: {"$tuple": to.items(tuple.__iter__(value))},
    "builtins.set": lambda to, value: {"$set": to.items(set.__iter__(value))},
    "builtins.frozenset": lambda to, value: {"$set": to.items(frozenset.__iter__(value))},
    "numpy.generic": _numpy_scalar,
    "datetime.datetime": _tagged("$datetime", lambda value: value.isoformat()),
    "datetime.date": _tagged("$date", lambda value: value.isoformat()),
    "datetime.time": _tagged("$time", lambda value: value.isoformat()),
    "datetime.timedelta": _timedelta,
    "decimal.Decimal": _tagged("$decimal", str),
    "uuid.UUID": _tagged("$uuid", str),
}
