"""Encodes what the plan asks for, straight into the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metaflow_wandb._describe import size_bytes
from metaflow_wandb._encoders import ENCODERS, CannotEncodeError, PayloadWriter
from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._patience import StuckError, moved
from metaflow_wandb._warn import say
from metaflow_wandb._wire_text import sendable

if TYPE_CHECKING:
    from metaflow_wandb._stream_type import Stream

_MAX_REASON = 4000
# Encoding is not taken to hang while it may be this slow.
_BYTES_PER_S = 10_000_000


def send_payloads(
    stream: Stream, plan: Sequence[pb.PlannedVariable], values: Mapping[str, Any]
) -> None:
    """Send each planned payload, or say why it does not come; wait until they are stored.

    Raises:
        StreamLostError: the stream ended, or nothing moved for too long.
    """
    wanted = [planned for planned in plan if planned.choices]
    for planned in wanted:
        _send_or_skip(stream, planned, values)
    for _ in wanted:
        stream.receive("stored")


def _send_or_skip(stream: Stream, planned: pb.PlannedVariable, values: Mapping[str, Any]) -> None:
    try:
        value = values[planned.name]
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        _skip(stream, planned.name, _reason_of_absence(error))
    else:
        _send_payload(stream, planned, value)


def _send_payload(stream: Stream, planned: pb.PlannedVariable, value: Any) -> None:
    reasons = []
    for choice in planned.choices:
        try:
            payload = _encode(stream, planned.name, choice, value)
        except BaseException as error:
            if stream.failure is not None:
                # Some libraries wrap what a file's write() raises.
                raise stream.failure from error
            if not may_be_swallowed(error):
                raise
            reasons.append(_reason(choice, error))
            if isinstance(error, StuckError):
                break
            continue
        stream.send(
            payload_end=pb.PayloadEnd(
                variable=planned.name,
                encoding=choice.encoding,
                file_count=payload.file_count,
                size_bytes=payload.size_bytes,
            )
        )
        if omissions := payload.omissions():
            say(f"{planned.name}: left out of the directory: {omissions}")
        return
    _skip(stream, planned.name, "; ".join(reasons))


def _skip(stream: Stream, variable: str, reason: str) -> None:
    stream.send(
        payload_skipped=pb.PayloadSkipped(variable=variable, reason=sendable(reason)[:_MAX_REASON])
    )


def _encode(stream: Stream, variable: str, choice: pb.EncodingChoice, value: Any) -> PayloadWriter:
    encoder = ENCODERS.get(choice.encoding)
    if encoder is None:
        raise CannotEncodeError(f"this shim does not know encoding {choice.encoding}")

    def emit(path: str, data: bytes, end: bool) -> None:
        stream.send(
            chunk=pb.Chunk(
                variable=variable, encoding=choice.encoding, path=path, data=data, end_of_file=end
            )
        )

    payload = PayloadWriter(emit)
    # A library may work on all of it before it writes the first byte.
    moved(allowance_s=size_bytes(value) / _BYTES_PER_S)
    encoder(value, choice.file_name, payload)
    return payload


def _reason_of_absence(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "the step has no such variable"
    return f"it can't be loaded again: {type(error).__name__}: {error_text(error)}"


def _reason(choice: pb.EncodingChoice, error: BaseException) -> str:
    if isinstance(error, CannotEncodeError):
        return str(error)
    name = pb.Encoding.Name(choice.encoding).removeprefix("ENCODING_").lower()
    if isinstance(error, StuckError):
        return f"{name}: {error}"
    return f"{name}: {type(error).__name__}: {error_text(error)}"[:1000]
