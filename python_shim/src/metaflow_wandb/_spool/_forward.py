"""Sends what waits for a sidecar: a program of its own, in the background of a launcher.

The sidecar at the user's own socket takes files in by itself. One elsewhere
can't see them.
"""

from __future__ import annotations

import os
import subprocess
import sys

from metaflow_wandb import _spool_place
from metaflow_wandb._address import ADDRESS_VARIABLE, SidecarAddress, sidecar_address
from metaflow_wandb._packaged import setting
from metaflow_wandb._spool._waiting import WaitingFile, only_sender, waiting_files
from metaflow_wandb._switches import logging_is_off

# Refused for what is in it, some limit of the sidecar's included.
_REFUSED = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")
# Somebody else sends the same attempt; the next file may do better.
_TAKEN = "ABORTED"


def start() -> None:
    """Start the program where anything waits that the sidecar may not find by itself.

    Raises:
        OSError: it can't be started.
    """
    seen_by_sidecar = not setting(ADDRESS_VARIABLE) and not setting(_spool_place.VARIABLE)
    if seen_by_sidecar or logging_is_off() or not waiting_files(_spool_place.spool_directory()):
        return
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.pathsep.join(each for each in (root, os.environ.get("PYTHONPATH")) if each)
    subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": path},
    )


def main() -> None:
    """Send each file once, oldest first, until the sidecar can't be reached."""
    address = sidecar_address()
    directory = _spool_place.spool_directory()
    with only_sender(directory) as is_only_one:
        waiting = waiting_files(directory) if is_only_one else []
        for file in waiting:
            if file.claim() and not _forwarded(address, file):
                return


def _forwarded(address: SidecarAddress, file: WaitingFile) -> bool:
    """Send a file that was claimed; say whether the next is worth trying."""
    from google.protobuf.message import DecodeError

    from metaflow_wandb._stream_lost import StreamLostError

    is_kept = True
    try:
        taken_in = _send(address, file.path)
        is_kept = False
    except StreamLostError as error:
        if error.code in _REFUSED:
            file.put_aside(str(error))
            is_kept = False
        return not is_kept or error.code == _TAKEN
    except DecodeError as error:
        file.put_aside(f"a message can't be understood: {error}")
        is_kept = False
        return True
    finally:
        if is_kept:
            file.give_back()
    if file.is_whole and not taken_in:
        file.put_aside("nothing in it can be read")
    else:
        file.remove()
    return True


def _send(address: SidecarAddress, path: str) -> int:
    """Send the messages of a file until all are taken in; return how many there are.

    Raises:
        StreamLostError: the sidecar can't be reached, or refuses them.
        DecodeError: one is no message.
        OSError: the file can't be read, or no connection made.
    """
    from metaflow_wandb._gen import ingest_pb2 as pb
    from metaflow_wandb._spool._records import read_messages
    from metaflow_wandb._stream import TaskStream

    count, is_closed, stream = 0, False, None
    with open(path, "rb") as file:
        try:
            for message in read_messages(file):
                request = pb.RecordTaskRequest.FromString(message)
                stream = stream or TaskStream(address)
                stream.send_request(request)
                is_closed = request.HasField("close")
                count += 1
            if stream is not None and is_closed:
                stream.receive("committed")
            elif stream is not None:
                stream.wait_until_taken_in()
        finally:
            if stream is not None:
                stream.abandon()
    return count


if __name__ == "__main__":
    main()
