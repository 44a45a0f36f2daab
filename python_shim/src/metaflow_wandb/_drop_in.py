"""Lets `wandb.integration.metaflow` resolve to the shim."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Sequence

VARIABLE = "METAFLOW_WANDB_REPLACE_UPSTREAM"
_PACKAGE = "wandb.integration.metaflow"
_NAMES = (_PACKAGE, f"{_PACKAGE}.metaflow")
_EXPORTS = ("wandb_log", "wandb_track", "wandb_use")


def install() -> None:
    """Put the finder first, once."""
    if not any(isinstance(finder, _DropInFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _DropInFinder())


class _DropInFinder(importlib.abc.MetaPathFinder):
    """Finds the integration, while the variable asks for it; nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _NAMES or os.environ.get(VARIABLE) != "1":
            return None
        return importlib.machinery.ModuleSpec(
            fullname, _DropInLoader(), is_package=fullname == _PACKAGE
        )


class _DropInLoader(importlib.abc.Loader):
    """Fills the module with the shim's functions."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        import metaflow_wandb

        for name in _EXPORTS:
            setattr(module, name, getattr(metaflow_wandb, name))
        module.__dict__["__all__"] = list(_EXPORTS)
        module.__doc__ = "W&B's integration for Metaflow, served by metaflow-wandb."
