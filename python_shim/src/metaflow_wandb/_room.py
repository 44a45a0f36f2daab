"""Finds out whether there is room for a connection."""

from __future__ import annotations

import mmap
import os

# gRPC aborts the process, or waits for ever, where it can't have what it needs. Most of
# the address space is what the C library sets aside for each thread, and never used.
_DESCRIPTORS = 16
_ADDRESS_SPACE_BYTES = 1024 * 1024 * 1024
_UNUSABLE = 0  # asked for like this, nothing is taken of what others may need


def check_room() -> None:
    """Make sure that limits of the process leave room for a channel.

    Raises:
        OSError: they don't.
    """
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    mmap.mmap(-1, _ADDRESS_SPACE_BYTES, flags=private, prot=_UNUSABLE).close()
    descriptors = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while len(descriptors) < _DESCRIPTORS:
            descriptors.append(os.dup(descriptors[0]))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
