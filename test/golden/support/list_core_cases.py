"""Prints the valid combinations of test and graph of Metaflow's core test harness.

usage: python list_core_cases.py    (in the harness's directory)
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys

sys.path.insert(0, os.getcwd())
# The harness prints while it is imported.
with contextlib.redirect_stdout(sys.stderr):
    harness = importlib.import_module("run_tests")
    formatter = importlib.import_module("metaflow_test.formatter")
    graphs = sorted(harness.iter_graphs(), key=lambda graph: graph["name"])
    cases = {
        type(test).__name__: [graph["name"] for graph in graphs if formatter.FlowFormatter(graph, test).valid]
        for test in harness.iter_tests()
    }
json.dump(cases, sys.stdout)
