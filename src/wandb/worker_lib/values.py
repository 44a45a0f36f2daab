"""Turns the protocol's tagged JSON into what W&B's client is to be given."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from wandb.util import json_dumps_safer_history

# Node.js writes every number alike. Integers outside this range travel as
# `$int`, so an untagged one outside it was a float.
_SAFE_INTEGER = 2**53 - 1
_INT64 = range(-(2**63), 2**63)
# An integer of more digits is beyond 64 bits, and may be beyond what Python parses.
_INT64_DIGITS = 20

# The client writes arrays of more elements as histograms with as many bins.
_LARGE_ARRAY = 32


def loads(text: str) -> Any:
    """Parse JSON from Node.js with integers and floats told apart."""
    return json.loads(text, parse_int=_parse_int)


def plain(value: Any) -> Any:
    """Decode one tagged value into plain JSON values, as the client writes it into a history row.

    The client itself has other rules for `config` and for summary keys that
    are set by hand.
    """
    return json.loads(json_dumps_safer_history(decode(value)))


def decode(value: Any) -> Any:
    """Decode one tagged value into what `run.log` takes."""
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            tag, content = next(iter(value.items()))
            decoder = _DECODERS.get(tag)
            if decoder is not None:
                return decoder(content)
        return {_encodable(key): decode(item) for key, item in value.items()}
    return value


def _parse_int(digits: str) -> int | float:
    number = int(digits)
    return number if -_SAFE_INTEGER <= number <= _SAFE_INTEGER else float(digits)


def _encodable(text: str) -> str:
    # A lone surrogate can't be sent as UTF-8.
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()


def _int(digits: str) -> int | str:
    if len(digits) > _INT64_DIGITS:
        return digits
    number = int(digits)
    # Beyond 64 bits the client would round; as text the value stays exact.
    return number if number in _INT64 else digits


def _or_text(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    # Some types print more than their parsers take, such as nanoseconds.
    def parse_or_keep(text: str) -> Any:
        try:
            return parse(text)
        except (ValueError, ArithmeticError):
            return text

    return parse_or_keep


def _bytes(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except UnicodeDecodeError:
        # The client has no form for these.
        return text


def _dict(pairs: list[list[Any]]) -> dict[Any, Any]:
    return {_key(decode(key)): decode(value) for key, value in pairs}


def _key(key: Any) -> Any:
    if isinstance(key, list):
        return tuple(_key(item) for item in key)
    return key if isinstance(key, Hashable) else str(key)


def _enum(member: dict[str, Any]) -> Any:
    return decode(member["value"])


def _array(array: dict[str, Any]) -> Any:
    values = decode(array["values"])
    flat = _flatten(values)
    if len(flat) == 1:
        return flat[0]
    if len(flat) > _LARGE_ARRAY:
        return _as_histogram(array, flat) or values
    return values


def _flatten(values: Any) -> list[Any]:
    if not isinstance(values, list):
        return [values]
    return [item for value in values for item in _flatten(value)]


def _as_histogram(array: dict[str, Any], flat: list[Any]) -> Any:
    try:
        import numpy

        counts, bins = numpy.histogram(numpy.asarray(flat, dtype=array["dtype"]), bins=_LARGE_ARRAY)
    except (ImportError, TypeError, ValueError):
        return None
    return _histogram({"counts": counts.tolist(), "bins": bins.tolist()})


def _histogram(histogram: dict[str, Any]) -> dict[str, Any]:
    return {
        "_type": "histogram",
        "values": decode(histogram["counts"]),
        "bins": decode(histogram["bins"]),
    }


def _omitted(gap: dict[str, Any]) -> str:
    return f"<{gap.get('type', 'value')} left out>"


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$int": _int,
    "$float": float,
    "$set": decode,
    "$tuple": decode,
    "$dict": _dict,
    "$datetime": _or_text(datetime.fromisoformat),
    "$date": _or_text(date.fromisoformat),
    "$time": _or_text(time.fromisoformat),
    "$timedelta": lambda seconds: timedelta(seconds=seconds),
    "$decimal": _or_text(Decimal),
    "$uuid": _or_text(uuid.UUID),
    "$bytes": _bytes,
    "$enum": _enum,
    "$array": _array,
    "$histogram": _histogram,
    "$omitted": _omitted,
}
