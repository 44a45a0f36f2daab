"""The records of a spool file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

MAGIC = b"MFWSPL01"
# Length of the message and its CRC-32.
_HEAD = struct.Struct("<II")
# More than any message that the shim writes; a longer one is damage.
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024


class DamagedError(Exception):
    """A file has no whole record where one should be; the message says where, for people."""


def record(message: bytes) -> bytes:
    """Return a message as it is written to a file."""
    return _HEAD.pack(len(message), zlib.crc32(message)) + message


def read_messages(file: BinaryIO) -> Iterator[bytes]:
    """Return the messages of a file.

    Raises:
        DamagedError: one isn't whole; those before it were returned.
        OSError: the file can't be read.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise DamagedError("it does not begin as a spool file does")
    at = len(MAGIC)
    while head := file.read(_HEAD.size):
        message = _message(file, head)
        if message is None:
            raise DamagedError(f"the record at byte {at} is cut or damaged")
        yield message
        at += len(head) + len(message)


def _message(file: BinaryIO, head: bytes) -> bytes | None:
    """Return the message behind a record's head, None where it isn't whole."""
    if len(head) < _HEAD.size:
        return None
    size_bytes, checksum = _HEAD.unpack(head)
    # No message is empty; a run of zeros would be records of such, each with the right checksum.
    if not 0 < size_bytes <= _MAX_MESSAGE_BYTES:
        return None
    message = file.read(size_bytes)
    return message if len(message) == size_bytes and zlib.crc32(message) == checksum else None
