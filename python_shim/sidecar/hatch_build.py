"""Puts the compiled sidecar and the npm packages that it runs on into the wheel.

The checkout around this directory has to be built before (`npm run wheel` does both): a
package without the program would install, and then find nothing to start.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "metaflow_wandb_sidecar"
# What the program never reads: sources, types, documentation, binaries of other systems.
_UNREAD_SUFFIXES = (
    *(".ts", ".mts", ".cts", ".map", ".tsbuildinfo", ".flow"),
    *(".md", ".markdown", ".yml", ".yaml", ".html", ".svg", ".sh", ".zip"),
    *(".c", ".cc", ".cpp", ".h", ".gyp", ".gypi"),
)
_UNREAD_DIRECTORIES = frozenset(
    {
        *("test", "tests", "__tests__", "bench", "benchmark", "benchmarks", "coverage"),
        *("docs", "doc", "example", "examples", "win32-arm64", "win32-x64", "node_modules"),
    }
)


class SidecarHook(BuildHookInterface):
    """Adds the sidecar's files to those of the package."""

    PLUGIN_NAME = "sidecar"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        checkout = Path(self.root).parent.parent
        if not _is_built(checkout):
            raise RuntimeError("the sidecar is not built; run `npm run wheel` in the checkout")
        for path in _sidecar_files(checkout):
            build_data["force_include"][str(path)] = f"{TARGET}/{path.relative_to(checkout)}"


def _is_built(checkout: Path) -> bool:
    needed = ("dist/main.js", "node_modules", "package-lock.json")
    return all((checkout / name).exists() for name in needed)


def _sidecar_files(checkout: Path) -> Iterator[Path]:
    yield checkout / "package.json"
    for directory in ("dist", "examples"):
        for path in _files_below(checkout / directory):
            if "__pycache__" not in path.parts and path.suffix != ".map":
                yield path
    locked = json.loads((checkout / "package-lock.json").read_text("utf-8"))["packages"]
    for name, entry in locked.items():
        runs = name and not entry.get("dev") and not entry.get("devOptional")
        if runs and "/@types/" not in name and (checkout / name).is_dir():
            yield from _package_files(checkout / name)


def _package_files(package: Path) -> Iterator[Path]:
    """Yield what is read of an npm package; packages nested in it have entries of their own."""
    for path in _files_below(package):
        inside = path.relative_to(package)
        if not _UNREAD_DIRECTORIES.isdisjoint(inside.parts[:-1]):
            continue
        is_licence = inside.name.lower().startswith(("licen", "notice"))
        if is_licence or not (inside.name.startswith(".") or inside.suffix in _UNREAD_SUFFIXES):
            yield path


def _files_below(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())
