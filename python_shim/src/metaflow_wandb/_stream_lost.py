"""How a stream ends before its time."""

from __future__ import annotations


class StreamLostError(Exception):
    """The stream ended or stood still; the message says how, for people.

    `retryable` tells whether a new stream may do better, `stood_still` whether
    it was waited for in vain; `code` is gRPC's, empty where the call didn't end.
    """

    def __init__(
        self,
        message: str,
        retryable: bool = False,
        stood_still: bool = False,
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.stood_still = stood_still
        self.code = code

    @property
    def is_refusal(self) -> bool:
        """Whether what was sent is to blame, and would be refused again."""
        return self.code == "INVALID_ARGUMENT"
