"""Exports the flow beside it with `Deployer`, and prints what the scheduler would be given."""

import json
from pathlib import Path

from metaflow import Deployer

FLOW = Path(__file__).parent / "exported.py"

decorated = Deployer(
    str(FLOW),
    pylint=False,
    datastore="s3",
    decospecs=["wandb_log:models=True"],
    show_output=False,
)
template = decorated.argo_workflows().create(only_json=True).workflow_template
print(json.dumps(template))
