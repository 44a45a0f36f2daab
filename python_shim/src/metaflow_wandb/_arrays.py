"""Arrays inside containers: small ones in full, large ones as histograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metaflow_wandb._types import qualified_name, root_modules

# Thresholds by which W&B's client writes arrays into a run's history.
MAX_ELEMENTS_IN_FULL = 32
HISTOGRAM_BINS = 32

_LIBRARIES = {"numpy", "torch", "jax", "jaxlib", "tensorflow", "cupy"}


def is_array(value: object) -> bool:
    """Say whether a value is an array of a known library, by its type alone."""
    cls = type(value)
    has_form = all(hasattr(cls, name) for name in ("__array__", "dtype", "shape"))
    return has_form and bool(root_modules(value) & _LIBRARIES)


def array_json(value: Any, convert: Callable[[Any], Any]) -> dict[str, Any]:
    """Return `$array` or `$histogram`; `convert` turns the elements into JSON."""
    array = _as_numpy(value)
    form = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if array.size <= MAX_ELEMENTS_IN_FULL:
        return {"$array": {**form, "values": _nested(array.tolist(), convert)}}
    try:
        import numpy

        counts, bins = numpy.histogram(array, bins=HISTOGRAM_BINS)
    except (TypeError, ValueError) as error:
        reason = f"an array of {array.size} elements without a histogram: {error}"
        return {"$omitted": {"type": qualified_name(type(value)), "reason": reason}}
    return {
        "$histogram": {**form, "counts": counts.tolist(), "bins": _nested(bins.tolist(), convert)}
    }


def _as_numpy(value: Any) -> Any:
    import numpy

    if "torch" in root_modules(value):
        tensor = value.detach().cpu()
        # NumPy has no bfloat16.
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return numpy.asarray(value)


def _nested(values: Any, convert: Callable[[Any], Any]) -> Any:
    if isinstance(values, list):
        return [_nested(item, convert) for item in values]
    return convert(values)
