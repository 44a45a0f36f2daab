"""Sends what waits for a sidecar: a program of its own, in the background of a launcher.

The sidecar at the user's own socket takes files in by itself. One elsewhere
can't see them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

from metaflow_wandb import _spool_place
from metaflow_wandb._address import ADDRESS_VARIABLE, SidecarAddress, sidecar_address
from metaflow_wandb._child_environment import with_absolute_paths
from metaflow_wandb._packaged import setting
from metaflow_wandb._spool._waiting import WaitingFile, only_sender, waiting_files
from metaflow_wandb._switches import logging_is_off

# Refused for what is in it, some limit of the sidecar's included.
_REFUSED = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")
# Of the sidecar, whatever the file; after any other, the next file may do better.
_ABOUT_THE_SIDECAR = ("UNAVAILABLE", "UNAUTHENTICATED")


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
        env=with_absolute_paths({**os.environ, "PYTHONPATH": path}),
    )


def main() -> None:
    """Send each file once, oldest first, until the sidecar can't be reached."""
    address = sidecar_address()
    directory = _spool_place.spool_directory()
    with only_sender(directory) as is_only_one:
        for file in waiting_files(directory) if is_only_one else []:
            if file.claim() and not _forwarded(address, file):
                return


def _forwarded(address: SidecarAddress, file: WaitingFile) -> bool:
    """Send a file that was claimed; say whether the next is worth trying."""
    from metaflow_wandb._spool._sent_file import NoConnectionError, send_file
    from metaflow_wandb._stream_lost import StreamLostError

    is_done = False
    try:
        fault = send_file(address, file)
        is_done = True
    except StreamLostError as error:
        if error.code not in _REFUSED:
            return not error.stood_still and error.code not in _ABOUT_THE_SIDECAR
        fault = str(error)
        is_done = True
    except NoConnectionError:
        return False
    except OSError:  # it can't be read; others may be
        return True
    finally:
        if not is_done:
            file.give_back()
    _put_away(file, fault)
    return True


def _put_away(file: WaitingFile, fault: str) -> None:
    """Remove what was taken in, or keep it beside where that was not all."""
    # Where neither can be done it is left to a later run, as a killed task's.
    with contextlib.suppress(OSError):
        if fault:
            file.put_aside(fault)
        else:
            file.remove()


if __name__ == "__main__":
    main()
