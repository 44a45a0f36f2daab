"""Encodes what the plan asks for, straight into the stream or into the sidecar's files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from metaflow_wandb._describe import size_bytes
from metaflow_wandb._encoders import ENCODERS, CannotEncodeError, PayloadWriter
from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._hand_over import HandedFile, HandOver
from metaflow_wandb._patience import StuckError, moved
from metaflow_wandb._warn import say
from metaflow_wandb._wire_text import sendable

if TYPE_CHECKING:
    from metaflow_wandb._stream_type import Stream

_MAX_REASON = 4000
# Encoding is not taken to hang while it may be this slow.
_BYTES_PER_S = 10_000_000


def send_payloads(stream: Stream, plan: pb.Plan, values: Mapping[str, Any]) -> None:
    """Send or hand over each planned payload, or say why it does not come.

    Waits until what was sent is stored. What was handed over is the sidecar's to bring to
    disk, while Metaflow stores the task: `Committed` is not answered before that is done.

    Raises:
        StreamLostError: the stream ended, or nothing moved for too long.
    """
    last_sent = ""
    hand_over = HandOver(stream, plan.hand_over_directory)
    for planned in plan.variables:
        if planned.choices and not _send_or_skip(stream, hand_over, planned, values):
            last_sent = planned.name
    # The sidecar answers in order.
    while last_sent and stream.receive("stored").variable not in (last_sent, ""):
        pass


def _send_or_skip(
    stream: Stream,
    hand_over: HandOver,
    planned: pb.PlannedVariable,
    values: Mapping[str, Any],
) -> bool:
    """Return whether all of the payload was handed over."""
    try:
        value = values[planned.name]
    except BaseException as error:
        if not may_be_swallowed(error):
            raise
        _skip(stream, planned.name, _reason_of_absence(error))
        return False
    return _send_payload(stream, hand_over, planned, value)


def _send_payload(
    stream: Stream, hand_over: HandOver, planned: pb.PlannedVariable, value: Any
) -> bool:
    reasons = []
    for choice in planned.choices:
        target = _Target(stream, hand_over, planned.name, choice.encoding)
        payload = PayloadWriter(target.emit, target)
        try:
            _encode(payload, choice, value)
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
        _end(stream, planned.name, choice.encoding, payload)
        return payload.is_elsewhere
    _skip(stream, planned.name, "; ".join(reasons))
    return False


class _Target(NamedTuple):
    """Where the files of one payload go."""

    stream: Stream
    hand_over: HandOver
    variable: str
    encoding: pb.Encoding

    def emit(self, path: str, data: bytes, end: bool) -> None:
        chunk = pb.Chunk(
            variable=self.variable,
            encoding=self.encoding,
            path=path,
            data=data,
            end_of_file=end,
        )
        self.stream.send(chunk=chunk)

    def create(self) -> HandedFile | None:
        return self.hand_over.create()

    def hand(self, path: str, file: HandedFile) -> None:
        self.hand_over.hand(self.variable, self.encoding, path, file)


def _end(stream: Stream, variable: str, encoding: pb.Encoding, payload: PayloadWriter) -> None:
    stream.send(
        payload_end=pb.PayloadEnd(
            variable=variable,
            encoding=encoding,
            file_count=payload.file_count,
            size_bytes=payload.size_bytes,
        )
    )
    if omissions := payload.omissions():
        say(f"{variable}: left out of the directory: {omissions}")


def _skip(stream: Stream, variable: str, reason: str) -> None:
    stream.send(
        payload_skipped=pb.PayloadSkipped(variable=variable, reason=sendable(reason)[:_MAX_REASON])
    )


def _encode(payload: PayloadWriter, choice: pb.EncodingChoice, value: Any) -> None:
    encoder = ENCODERS.get(choice.encoding)
    if encoder is None:
        raise CannotEncodeError(f"this shim does not know encoding {choice.encoding}")
    # A library may work on all of it before it writes the first byte.
    moved(allowance_s=size_bytes(value) / _BYTES_PER_S)
    encoder(value, choice.file_name, payload)


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
