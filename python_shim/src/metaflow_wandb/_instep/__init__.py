"""W&B inside a running step: what the step logs itself goes to the task's run.

A step may use W&B's own client, whose run is then the task's (`_wandb_patch`),
or `metaflow_wandb.run`, which needs no client (`_light_run`). Either describes
what it does as `LogEntry`s to the `TaskRun`, whose `LogSender` streams them
while the step runs. Nothing here is loaded before a step makes use of it.
"""
