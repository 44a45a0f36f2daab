"""The command `metaflow-wandb` of an environment: hands over to the sidecar's program."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from metaflow_wandb._autostart._find import INSTALL_HINT, find_sidecar, interpreter_with_client
from metaflow_wandb._warn import tell

# Where the sidecar looks for the Python that uploads.
_PYTHON_VARIABLE = "METAFLOW_WANDB_SERVE_PYTHON"


def main() -> NoReturn:
    """Become the program; exit with code 1 where there is none."""
    try:
        command = find_sidecar()
    except ValueError as error:
        tell(str(error))
        sys.exit(1)
    if command is None:
        tell(f"the sidecar is not installed here: {INSTALL_HINT}")
        sys.exit(1)
    python = interpreter_with_client()
    if python:
        os.environ.setdefault(_PYTHON_VARIABLE, python)
    os.execv(command[0], [*command, *sys.argv[1:]])
