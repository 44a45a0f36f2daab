"""The id of an attempt's W&B run, known without asking the sidecar."""

from __future__ import annotations

import hashlib
import json

from metaflow_wandb._gen import ingest_pb2 as pb

_KEY_DIGITS = 20


def attempt_key(task: pb.TaskAttempt) -> str:
    """Return the key that the sidecar gives the attempt, by `attemptKey` of its domain."""
    identity = json.dumps(
        [
            task.metadata_provider,
            task.flow_name,
            task.run_id,
            task.step_name,
            task.task_id,
            task.attempt,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(identity.encode()).hexdigest()[:_KEY_DIGITS]
