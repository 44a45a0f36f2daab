"""Tells whether the server knows the key."""

import json

import wandb

try:
    print(json.dumps(wandb.Api().viewer.username))
except wandb.errors.Error as error:
    print(json.dumps(f"refused: {type(error).__name__}"))
