"""Tells whether the server knows the key."""

import json

import wandb
from wandb.errors import Error

try:
    print(json.dumps(wandb.Api().viewer.username))
except Error as error:
    print(json.dumps(f"refused: {type(error).__name__}"))
