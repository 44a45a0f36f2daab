"""Sorts what can go wrong into outcomes."""

from __future__ import annotations

import re
from typing import Any

# A refused key is not worth asking for again at the pace of a network error.
_AUTH_PAUSE_MS = 60 * 1000
_REASON_CHARS = 1000
_DEEPEST = 5

_DELETED = re.compile(r"previously created and deleted", re.IGNORECASE)
_AUTH = re.compile(
    r"(error|HTTP|status) 40[13]\b|unauthori[sz]ed|permission denied|api[ _]key|relogin", re.IGNORECASE
)
_REFUSED = re.compile(r"(error|HTTP|status) (400|404|410|413|422)\b", re.IGNORECASE)
_PASSING = re.compile(
    r"(error|HTTP|status) (408|409|429|5\d\d)\b|timed? ?out|timeout|connect|giving up|no such host|busy",
    re.IGNORECASE,
)


class Retryable(Exception):
    """Worth trying again, after `after_ms` where it is known. `concerns_all`: nothing else would land now."""

    def __init__(self, reason: str, after_ms: int | None = None, concerns_all: bool = False) -> None:
        super().__init__(reason)
        self.after_ms = after_ms
        self.concerns_all = concerns_all


class Failed(Exception):
    """Trying again is of no use. `wears_out`: this process can't undo what the client is left with."""

    def __init__(self, reason: str, wears_out: bool = False) -> None:
        super().__init__(reason)
        self.wears_out = wears_out


def outcome_of(error: BaseException) -> dict[str, Any]:
    """Give the outcome that an error stands for."""
    kind = sort(error)
    reason = _text(kind)[:_REASON_CHARS]
    if isinstance(kind, Retryable):
        return {
            "outcome": "retryable",
            "reason": reason,
            "afterMs": kind.after_ms,
            "concernsAll": kind.concerns_all,
        }
    return {"outcome": "failed", "reason": reason, "wornOut": kind.wears_out}


def sort(error: BaseException) -> Retryable | Failed:
    """Turn any exception into one of the two kinds.

    The client keeps the HTTP status of some errors; of others only a text.
    """
    if isinstance(error, (Retryable, Failed)):
        return error
    text = _text(error)
    status = http_status(error)
    if _DELETED.search(text):
        return Failed(f"deleted: the run was deleted in W&B, which takes no run of that id again ({text})")
    if status is not None:
        return _by_status(status, text)
    if _is_usage(error):
        return auth_problem(text) if "not configured" in text else refused(text)
    if _PASSING.search(text):
        return Retryable(text)
    if _AUTH.search(text) or _is_auth(error):
        return auth_problem(text)
    # Whatever is not understood may pass: the retries are bounded elsewhere.
    return refused(text) if _REFUSED.search(text) else Retryable(text)


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


def refused(text: str) -> Failed:
    """Make the error for something that W&B will never take."""
    return Failed(f"W&B refused it: {text}")


def http_status(error: BaseException) -> int | None:
    """HTTP status behind an error, where the client kept it."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        for name in ("http_status", "status_code"):
            status = getattr(response, name, None)
            if isinstance(status, int) and status > 0:
                return status
    return None


def _by_status(status: int, text: str) -> Retryable | Failed:
    if status in (401, 403):
        return auth_problem(text)
    return Retryable(text) if status in (408, 409, 429) or status >= 500 else refused(text)


def _is_auth(error: BaseException) -> bool:
    from wandb.errors import AuthenticationError

    return any(isinstance(one, AuthenticationError) for one in _chain(error))


def _is_usage(error: BaseException) -> bool:
    from wandb.errors import UsageError

    # Subclasses of ValueError tell of answers that could not be parsed.
    return any(type(one) in (ValueError, TypeError) or isinstance(one, UsageError) for one in _chain(error))


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and what it stems from."""
    chain: list[BaseException] = []
    while error is not None and len(chain) < _DEEPEST:
        chain.append(error)
        error = getattr(error, "exc", None) or error.__cause__
    return chain


def _text(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__
