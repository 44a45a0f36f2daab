"""Where attempts are kept until a sidecar takes them in."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat

from metaflow_wandb._address import ADDRESS_VARIABLE
from metaflow_wandb._packaged import setting

VARIABLE = "METAFLOW_WANDB_SPOOL"
_DEFAULT = "~/.metaflow-wandb/spool"
# The directory for the sidecar at the user's own socket.
_OWN = "own"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def spool_root() -> str:
    """Return the directory below which all attempts are kept."""
    return os.path.abspath(os.path.expanduser(setting(VARIABLE) or _DEFAULT))


def spool_directory() -> str:
    """Return the directory for the sidecar, and the token for it, that the environment names.

    What one tenant of a sidecar kept must not go out as another's.
    """
    address = setting(ADDRESS_VARIABLE)
    if not address:
        return os.path.join(spool_root(), _OWN)
    token = os.environ.get("METAFLOW_WANDB_TOKEN", "")
    of_token = _digest(f"{address}\n{token}") if token else "none"
    name = f"{''.join(map(_fit, address))}.{_digest(address)}.{of_token}"
    return os.path.join(spool_root(), name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def is_nowhere() -> bool:
    """Say whether there is no such directory: a user without a home, as in some containers."""
    return os.path.expanduser(setting(VARIABLE) or _DEFAULT).startswith("~")


def _fit(character: str) -> str:
    is_fit = character.isascii() and (character.isalnum() or character in ".-")
    return character if is_fit else "_"


def kept_in(directory: str) -> str:
    """Return what the user is told of attempts that are kept."""
    home = os.path.expanduser("~")
    shown = f"~{directory[len(home) :]}" if directory.startswith(home + os.sep) else directory
    return f"the flow runs on, and its data is kept in {shown} until a sidecar takes it in"


def make_private(directory: str) -> None:
    """Make a directory that its owner alone may enter, and those above it that are missing.

    Raises:
        OSError: that can't be done, or it is somebody else's.
    """
    _make_missing(directory)
    status = os.lstat(directory)
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f"{directory} is not this user's")
    if status.st_mode & _OTHERS:
        os.chmod(directory, 0o700)


def _make_missing(path: str) -> None:
    if not os.path.isdir(path):
        _make_missing(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
