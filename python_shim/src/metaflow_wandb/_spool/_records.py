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


def record(message: bytes) -> bytes:
    """Return a message as it is written to a file."""
    return _HEAD.pack(len(message), zlib.crc32(message)) + message


def read_messages(file: BinaryIO) -> Iterator[bytes]:
    """Return the messages of a file, up to its end or to the first that isn't whole."""
    if file.read(len(MAGIC)) != MAGIC:
        return
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        size_bytes, checksum = _HEAD.unpack(head)
        if size_bytes > _MAX_MESSAGE_BYTES:
            return
        message = file.read(size_bytes)
        if len(message) < size_bytes or zlib.crc32(message) != checksum:
            return
        yield message
