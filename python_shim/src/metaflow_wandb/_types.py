"""Names types without importing what defines them."""

from __future__ import annotations

from metaflow_wandb._wire_text import sendable

_MRO = type.__dict__["__mro__"]


def type_mro(value: object) -> list[str]:
    """Return the qualified names of a value's type and its bases, own type first."""
    return [qualified_name(cls) for cls in _MRO.__get__(type(value))]


def qualified_name(cls: type) -> str:
    """Return `module.qualname` of a class, whatever its metaclass makes of either."""
    module = cls.__dict__.get("__module__", "") if "__module__" in cls.__dict__ else cls.__module__
    name = type.__dict__["__qualname__"].__get__(cls)
    return sendable(f"{module if isinstance(module, str) else '?'}.{name}")


def root_modules(value: object) -> set[str]:
    """Return the top-level packages that a value's type and its bases come from."""
    return {name.partition(".")[0] for name in type_mro(value)}
