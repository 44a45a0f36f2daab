"""Describes the process and host that a step runs in."""

from __future__ import annotations

import os
import platform
import socket
import sys

from metaflow_wandb._forwarded import FORWARDED
from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._git import read_git_state
from metaflow_wandb._packaged import DERIVED_PROJECT, packaged, setting
from metaflow_wandb._project import derived_project
from metaflow_wandb._urls import without_credentials
from metaflow_wandb._version import VERSION
from metaflow_wandb._wire_text import sendable

_SECRET_WORDS = ("key", "token", "secret", "passw", "credential", "auth")
_MASK = "***"


def environment_message() -> pb.Environment:
    """Return what is known of this process without running anything."""
    import metaflow

    program = sys.argv[0] if sys.argv else ""
    git = read_git_state(os.getcwd())
    return pb.Environment(
        host=sendable(socket.gethostname()),
        os=_operating_system(),
        python_version=platform.python_version(),
        executable=sendable(sys.executable or ""),
        program=sendable(program),
        arguments=[sendable(each) for each in masked_arguments(sys.argv[1:])],
        cpu_count=os.cpu_count() or 0,
        username=sendable(_username()),
        git=git,
        wandb_env={name: sendable(value) for name in FORWARDED if (value := setting(name))},
        derived_project=sendable(
            packaged(DERIVED_PROJECT) or derived_project(git.root if git else "", program)
        ),
        shim_version=VERSION,
        metaflow_version=str(getattr(metaflow, "__version__", "")),
        working_directory=sendable(os.getcwd()),
    )


def masked_arguments(arguments: list[str]) -> list[str]:
    """Return a command line with the values of options that name a secret masked."""
    masked: list[str] = []
    mask_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        names_secret = any(word in name.casefold() for word in _SECRET_WORDS)
        if mask_next and not argument.startswith("--"):
            masked.append(_MASK)
        elif names_secret and equals:
            masked.append(f"{name}={_MASK}")
        else:
            masked.append(without_credentials(argument, f"{_MASK}@"))
        mask_next = names_secret and not equals and argument.startswith("-")
    return masked


def _operating_system() -> str:
    if sys.platform != "linux":
        return platform.platform(aliased=True)
    # The same; but that runs `uname -p`, to leave out what it says of the processor.
    kernel = os.uname()
    libc = "".join(platform.libc_ver())
    return f"{kernel.sysname}-{kernel.release}-{kernel.machine}-with-{libc}".rstrip("-")


def _username() -> str:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if os.environ.get(name):
            return os.environ[name]
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""  # a user id without an entry
