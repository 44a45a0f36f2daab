"""Runs the flow beside it with `Runner`, decorated by `decospecs`."""

import os
import sys
from pathlib import Path

from metaflow import Runner

FLOW = Path(__file__).parent / "undecorated.py"

decospecs = None if os.environ.get("PLAIN") else ["wandb_log:others=True"]
with Runner(str(FLOW), pylint=False, decospecs=decospecs, show_output=False).run() as running:
    print(running.status, running.run.data.total)
    print(running.stderr if "metaflow-wandb:" in running.stderr else "", end="")
    sys.exit(running.run.successful is not True)
