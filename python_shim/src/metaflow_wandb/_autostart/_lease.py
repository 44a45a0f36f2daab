"""A launcher's hold on the user's sidecar: it doesn't end for want of work meanwhile."""

from __future__ import annotations

import socket
from typing import NamedTuple

# What the sidecar says to a launcher that it will wait for.
_GREETING = b"+"


class LeaseAnswer(NamedTuple):
    """What came of asking for a lease: `lease` where it was given.

    `going` tells that somebody was there but is on its way out.
    """

    lease: Lease | None = None
    going: bool = False


class Lease:
    """A connection that the sidecar counts; ends with this process, however that ends."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def is_good(self) -> bool:
        """Say whether the sidecar still holds its end."""
        try:
            self._connection.setblocking(False)
            return self._connection.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def give_back(self) -> None:
        """Let the sidecar go when it likes."""
        self._connection.close()


def ask_for_lease(path: str, timeout_s: float) -> LeaseAnswer:
    """Ask whoever listens at `path`, for at most `timeout_s`."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(path)
    except OSError:  # nobody there; or a path that no socket can have
        connection.close()
        return LeaseAnswer()
    try:
        if connection.recv(1) == _GREETING:
            return LeaseAnswer(Lease(connection))
    except TimeoutError:
        # Busy. It will count us once it gets to it, or hang up: `is_good` tells.
        return LeaseAnswer(Lease(connection))
    except OSError:
        pass
    connection.close()
    return LeaseAnswer(going=True)


def answers(path: str, timeout_s: float) -> bool:
    """Say whether anybody listens on a UNIX socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(path)
        except OSError:
            return False
        return True
