"""Runs a flow with `NBRunner` in a cell of IPython."""

import sys

from IPython.core.interactiveshell import InteractiveShell

CELL = """
import os, sys
sys.path.insert(0, %r)
from logged import wandb_log
from metaflow import FlowSpec, NBRunner, step

@wandb_log(others=True)
class NotebookFlow(FlowSpec):
    @step
    def start(self):
        self.data = b"data"
        self.next(self.end)

    @step
    def end(self):
        self.size = len(self.data)

run = NBRunner(NotebookFlow, pylint=False, show_output=False).nbrun()
print(run.successful, run.data.size)
"""

shell = InteractiveShell.instance()
result = shell.run_cell(CELL % sys.path[0], store_history=True)
sys.exit(not result.success)
