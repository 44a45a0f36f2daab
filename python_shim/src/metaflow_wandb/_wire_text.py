"""Text as it may travel: protobuf takes no lone surrogates, the sidecar no endless names."""

from __future__ import annotations

# Longest name or path that the sidecar takes, in UTF-16 code units.
MAX_NAME_LENGTH = 4096
_SHOWN_NAME_LENGTH = 200


def sendable(text: str) -> str:
    """Return text with its lone surrogates written as escapes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def name_problem(name: str) -> str:
    """Return why a name or path can't travel as it is, empty where it can."""
    if not name:
        return "its name is empty"
    if "\0" in name:
        return "its name holds a NUL character"
    try:
        # The codec is loaded for it: most names need none.
        units = len(name) if name.isascii() else len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return "its name is no valid Unicode"
    if units > MAX_NAME_LENGTH:
        return f"its name is longer than {MAX_NAME_LENGTH} characters"
    return ""


def shown_name(name: str) -> str:
    """Return what stands for a name that can't travel; different names may look alike."""
    return sendable(name).replace("\0", "\\0")[:_SHOWN_NAME_LENGTH] or "''"
