"""Downloads every version of `kept`; content by version."""

import json
import pathlib

import wandb

versions = wandb.Api().artifacts("dataset", "p/kept")
print(json.dumps({v.version: pathlib.Path(v.download(), "f.txt").read_text() for v in versions}))
