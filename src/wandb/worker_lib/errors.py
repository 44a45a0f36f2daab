"""Sorts what can go wrong into outcomes."""

from __future__ import annotations

import re
from typing import Any

# A refused key is not worth asking for again at the pace of a network error.
_AUTH_PAUSE_MS = 5 * 60 * 1000
_REASON_CHARS = 1000

_DELETED = re.compile(r"previously created and deleted|was deleted|410 Gone", re.IGNORECASE)
_AUTH = re.compile(
    r"\b401\b|\b403\b|unauthori[sz]ed|permission denied|invalid api key|api key|relogin|not logged in",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(400|404|409|413|422)\b")
_TRANSIENT = re.compile(
    r"\b(408|429|5\d\d)\b|timed? ?out|timeout|connection|temporar|rate limit|unreachable|EOF|no such host",
    re.IGNORECASE,
)


class Retryable(Exception):
    """Worth trying again, after `after_ms` where it is known."""

    def __init__(self, reason: str, after_ms: int | None = None) -> None:
        super().__init__(reason)
        self.after_ms = after_ms


class Failed(Exception):
    """Trying again is of no use."""


def outcome_of(error: BaseException) -> dict[str, Any]:
    """Give the outcome that an error stands for."""
    sorted_error = sort(error)
    reason = _text(sorted_error)[:_REASON_CHARS]
    if isinstance(sorted_error, Retryable):
        return {"outcome": "retryable", "reason": reason, "afterMs": sorted_error.after_ms}
    return {"outcome": "failed", "reason": reason}


def sort(error: BaseException) -> Retryable | Failed:
    """Turn any exception into one of the two kinds."""
    if isinstance(error, (Retryable, Failed)):
        return error
    text = _text(error)
    status = _status(error)
    if status == 410 or _DELETED.search(text):
        return Failed(f"deleted: the run was deleted in W&B, which takes no run of that id again ({text})")
    if status in (401, 403) or (status is None and _is_auth(error, text)):
        return auth_problem(text)
    if status is not None:
        transient = status in (408, 429) or status >= 500
        return Retryable(text) if transient else Failed(f"W&B refused it: {text}")
    if not _TRANSIENT.search(text) and (_is_usage(error) or _REFUSED.search(text)):
        return Failed(f"W&B refused it: {text}")
    # Whatever is not understood may pass: the retries are bounded elsewhere.
    return Retryable(text)


def is_transient(error: BaseException) -> bool:
    """Tell whether trying the whole upload again may help."""
    return isinstance(sort(error), Retryable)


def auth_problem(text: str) -> Retryable:
    """Make the error for a key that W&B does not take."""
    return Retryable(
        "W&B does not accept the API key: set WANDB_API_KEY or run `wandb login` "
        f"where the sidecar runs, and check that the key may write to the project ({text})",
        _AUTH_PAUSE_MS,
    )


def _is_auth(error: BaseException, text: str) -> bool:
    from wandb.errors import AuthenticationError

    # The client calls an unreachable server an authentication error too.
    return not _TRANSIENT.search(text) and (isinstance(error, AuthenticationError) or bool(_AUTH.search(text)))


def _is_usage(error: BaseException) -> bool:
    from wandb.errors import UsageError

    return isinstance(error, (UsageError, ValueError, TypeError))


def _status(error: BaseException | None) -> int | None:
    """HTTP status behind an error, where the client kept it."""
    seen = 0
    while error is not None and seen < 5:
        response = getattr(error, "response", None)
        for name in ("http_status", "status_code"):
            status = getattr(response, name, None)
            if isinstance(status, int) and status > 0:
                return status
        error = getattr(error, "exc", None) or error.__cause__
        seen += 1
    return None


def _text(error: BaseException) -> str:
    text = str(error).strip()
    return text or type(error).__name__
