"""Sends one file of a spool, up to its end or to where it is damaged."""

from __future__ import annotations

from typing import BinaryIO

from google.protobuf.message import DecodeError

from metaflow_wandb._address import SidecarAddress
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._spool._records import DamagedError, read_messages
from metaflow_wandb._spool._waiting import WaitingFile, open_waiting
from metaflow_wandb._stream import TaskStream


class NoConnectionError(Exception):
    """There is no way to the sidecar, as without a certificate that the environment names."""


def send_file(address: SidecarAddress, file: WaitingFile) -> str:
    """Send the messages of a file until all are taken in.

    Returns:
        what is wrong with the file, for people; empty where nothing is.

    Raises:
        StreamLostError: the sidecar can't be reached, or refuses them.
        NoConnectionError: there is no way to it.
        OSError: the file can't be read.
    """
    with open_waiting(file) as content:
        sending = _Sending(address)
        try:
            fault = sending.send(content)
            sending.wait()
        except DecodeError as error:
            return f"a message can't be understood: {error}"
        finally:
            sending.end()
    # What a killed task has left ends anywhere.
    if sending.is_closed or not file.is_whole:
        return ""
    return f"{fault or 'it has no end'}; what comes before it was taken in"


class _Sending:
    """The stream that a file goes out on, opened for its first message."""

    def __init__(self, address: SidecarAddress) -> None:
        # Whether the attempt ended.
        self.is_closed = False
        self._address = address
        self._stream: TaskStream | None = None

    def send(self, content: BinaryIO) -> str:
        """Send what can be read; return why the rest can't, empty where there is none.

        Raises:
            StreamLostError: the sidecar can't be reached, or refuses it.
            NoConnectionError: there is no way to it.
            DecodeError: a message is none that is known.
            OSError: the file can't be read.
        """
        try:
            for message in read_messages(content):
                request = pb.RecordTaskRequest.FromString(message)
                self._opened().send_request(request)
                self.is_closed = request.HasField("close")
        except DamagedError as error:
            return str(error)
        return ""

    def wait(self) -> None:
        """Wait until the sidecar has taken in what was sent.

        Raises:
            StreamLostError: it did not.
        """
        if self._stream is None:
            return
        if self.is_closed:
            self._stream.receive("committed")
        else:
            self._stream.wait_until_taken_in()

    def end(self) -> None:
        """Let go of the sidecar."""
        if self._stream is not None:
            self._stream.abandon()

    def _opened(self) -> TaskStream:
        if self._stream is None:
            try:
                self._stream = TaskStream(self._address)
            except OSError as error:
                raise NoConnectionError(str(error)) from error
        return self._stream
