"""Keeps credentials in URLs from travelling."""

from __future__ import annotations

import re

# Up to the last @ of the authority: a password may hold one itself.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s?#]*@")


def without_credentials(text: str, mask: str = "") -> str:
    """Return text with the `user:password@` of each URL in it replaced by `mask`."""
    return _CREDENTIALS.sub(mask, text)
