"""`wandb_track` and `wandb_use`, with the signatures of W&B's own integration."""

from __future__ import annotations

from typing import Any

from metaflow_wandb._gen.classes import CLASS_RULES, ClassRule
from metaflow_wandb._types import type_mro


def wandb_track(
    name: str,
    data: Any,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    run: Any = None,
    testing: bool = False,
) -> str | None:
    """Log one value to a W&B run, as its class and the flags ask for."""
    rule = _rule(data, datasets=datasets, models=models, others=others)
    if rule is None:
        return None
    if testing:
        return rule.track_answer
    raise NotImplementedError


def wandb_use(
    name: str,
    data: Any,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    run: Any = None,
    testing: bool = False,
) -> str | None:
    """Mark the artifact of one value as an input of a W&B run."""
    rule = _rule(data, datasets=datasets, models=models, others=others)
    if rule is None:
        return None
    if testing:
        return rule.use_answer
    raise NotImplementedError


def _rule(data: Any, **flags: bool) -> ClassRule | None:
    """Return the first row of the table that matches and is turned on."""
    names = set(type_mro(data))
    for rule in CLASS_RULES:
        matches = not rule.type_names or not names.isdisjoint(rule.type_names)
        if matches and (rule.needs is None or flags[rule.needs]):
            return rule
    return None
