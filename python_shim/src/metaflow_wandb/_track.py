"""`wandb_track` and `wandb_use`, with the signatures of W&B's own integration.

They work on a W&B run that the caller holds; no sidecar takes part.
"""

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
    """Log one value to a W&B run, as its class and the flags ask for.

    Args:
        name: name of the history key or of the artifact.
        data: the value.
        datasets: whether data frames and paths are logged.
        models: whether PyTorch modules and scikit-learn estimators are logged.
        others: whether anything else that can be pickled is logged.
        run: the `wandb.Run` to log to.
        testing: log nothing and return what would be logged.

    Raises:
        ValueError: there is something to log and no run, or no encoding takes the value.
    """
    rule = _rule(data, datasets=datasets, models=models, others=others)
    if testing or rule is None:
        return rule.track_answer if rule else None
    from metaflow_wandb._wandb_run import log_artifact

    _check_run("wandb_track", run)
    if rule.value_class == "base":
        run.log({name: data})
    else:
        log_artifact(run, name, data, rule)
    return None


def wandb_use(
    name: str,
    data: Any,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    run: Any = None,
    testing: bool = False,
) -> str | None:
    """Mark the artifact of one value as an input of a W&B run.

    An artifact that W&B does not hold is passed over with a warning.

    Args:
        name: name of the artifact.
        data: the value.
        datasets: whether data frames and paths are used.
        models: whether PyTorch modules and scikit-learn estimators are used.
        others: whether anything else that can be pickled is used.
        run: the `wandb.Run` that uses it.
        testing: use nothing and return what would be used.

    Raises:
        ValueError: there is something to use and no run.
    """
    rule = _rule(data, datasets=datasets, models=models, others=others)
    if rule is None or rule.use_answer is None:
        return None
    if testing:
        return rule.use_answer
    from metaflow_wandb._wandb_run import use_artifact

    _check_run("wandb_use", run)
    use_artifact(run, name)
    return None


def _check_run(function: str, run: Any) -> None:
    if run is None:
        raise ValueError(f"{function} needs a run; pass run=wandb.init(…)")


def _rule(data: Any, **flags: bool) -> ClassRule | None:
    """Return the first row of the table that matches and is turned on."""
    names = set(type_mro(data))
    for rule in CLASS_RULES:
        matches = not rule.type_names or not names.isdisjoint(rule.type_names)
        if matches and (rule.needs is None or flags[rule.needs]):
            return rule
    return None
