"""Place of the compiled sidecar, where the wheel was built in a checkout that has it.

A package of its own, since Metaflow ships `metaflow_wandb` whole to remote tasks.
"""
