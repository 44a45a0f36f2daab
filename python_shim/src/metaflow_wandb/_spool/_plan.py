"""What to keep of an attempt where nobody answers its Snapshot.

The sidecar decides once it takes the file in, and passes over what it would
not have asked for. Until then the table that is generated from its own says
what it may ask for.
"""

from __future__ import annotations

from collections.abc import Sequence

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._gen.classes import CLASS_RULES, ClassRule

_ENCODINGS = {
    "parquet": pb.ENCODING_PARQUET,
    "pickle": pb.ENCODING_PICKLE,
    "torch": pb.ENCODING_TORCH,
    "files": pb.ENCODING_FILES,
}
_SUFFIXES = {"parquet": ".parquet", "pickle": ".pkl", "torch": ".pkl"}


def plan_alone(opened: pb.Open, snapshot: pb.Snapshot) -> pb.Plan:
    """Return the payloads that the sidecar may want."""
    layers = (*opened.step_options, *opened.flow_options, *opened.with_options)
    if opened.lineage_only or not layers:
        return pb.Plan()
    nearest = layers[0]
    return pb.Plan(variables=[_planned(variable, nearest) for variable in snapshot.variables])


def _planned(variable: pb.Variable, options: pb.LogOptions) -> pb.PlannedVariable:
    is_candidate = not variable.problem and variable.origin != pb.Variable.ORIGIN_READ
    rule = _rule(variable.type_mro, options) if is_candidate else None
    choices = [
        pb.EncodingChoice(
            encoding=_ENCODINGS[name],
            file_name=variable.name + _SUFFIXES[name] if name in _SUFFIXES else "",
        )
        for name in (rule.encodings if rule else ())
    ]
    return pb.PlannedVariable(name=variable.name, choices=choices)


def _rule(type_mro: Sequence[str], options: pb.LogOptions) -> ClassRule | None:
    """Return the first row of the table that matches and is turned on."""
    names = set(type_mro)
    for rule in CLASS_RULES:
        matches = not rule.type_names or not names.isdisjoint(rule.type_names)
        if matches and (rule.needs is None or getattr(options, rule.needs)):
            return rule
    return None
