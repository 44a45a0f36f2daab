"""Artifacts of a W&B run that the caller holds, made with our encoders."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._encoders import ENCODERS, CannotEncodeError, PayloadWriter
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._gen.classes import ClassRule


def log_artifact(run: Any, name: str, value: Any, rule: ClassRule) -> None:
    """Log a value as an artifact, in the first encoding that takes it.

    Raises:
        ValueError: none does; the message says why.
    """
    import wandb

    reasons = []
    for encoding in rule.encodings:
        artifact = wandb.Artifact(name, type=rule.value_class)
        suffix = "parquet" if encoding == "parquet" else "pkl"
        encode = ENCODERS[pb.Encoding.Value(f"ENCODING_{encoding.upper()}")]
        payload = PayloadWriter(_Files(artifact).write)
        try:
            encode(value, f"{name}.{suffix}", payload)
        except (CannotEncodeError, Exception) as error:  # noqa: BLE001 - the next may do
            reasons.append(f"{encoding}: {error}")
            continue
        run.log_artifact(artifact)
        if omissions := payload.omissions():
            wandb.termwarn(f"{name}: left out of the directory: {omissions}")
        return
    raise ValueError(f"{name} can't be logged: {'; '.join(reasons)}")


def use_artifact(run: Any, name: str) -> None:
    """Use the latest version of an artifact; warn where W&B does not hold it."""
    import wandb
    from wandb.errors import CommError

    try:
        run.use_artifact(f"{name}:latest")
    except CommError:
        wandb.termwarn(f"W&B holds no artifact {name}; nothing is marked as used")


class _Files:
    """Writes the pieces of a payload into the files of an artifact."""

    def __init__(self, artifact: Any) -> None:
        self._artifact = artifact
        self._opened: Any = None

    def write(self, path: str, data: bytes, end: bool) -> None:
        if self._opened is None:
            self._opened = self._artifact.new_file(path, mode="wb")
            self._file = self._opened.__enter__()
        self._file.write(data)
        if end:
            self._opened.__exit__(None, None, None)
            self._opened = None
