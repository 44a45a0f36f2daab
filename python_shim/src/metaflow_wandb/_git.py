"""Reads the state of a git checkout from its files, without running git."""

from __future__ import annotations

import re
from pathlib import Path

from metaflow_wandb._gen import ingest_pb2 as pb
from metaflow_wandb._project import git_root
from metaflow_wandb._urls import without_credentials
from metaflow_wandb._wire_text import sendable

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAX_FILE_BYTES = 4 * 1024 * 1024


def read_git_state(directory: str) -> pb.GitState | None:
    """Return the state of the checkout that `directory` lies in, or None."""
    try:
        found = git_root(directory)
        if not found:
            return None
        root = Path(found)
        git_dir = _git_dir(root)
        common = _common_dir(git_dir)
        branch, commit = _head(git_dir, common)
        return pb.GitState(
            commit=commit, remote_url=_remote_url(common), branch=branch, root=sendable(str(root))
        )
    except (OSError, ValueError):
        return None


def _git_dir(root: Path) -> Path:
    """Follow `.git`, which is a file in worktrees and submodules."""
    git = root / ".git"
    if git.is_dir():
        return git
    return (root / _text(git).removeprefix("gitdir:").strip()).resolve()


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return (git_dir / _text(pointer).strip()).resolve() if pointer.exists() else git_dir


def _head(git_dir: Path, common: Path) -> tuple[str, str]:
    head = _text(git_dir / "HEAD").strip()
    if not head.startswith("ref:"):
        return "", head if _COMMIT.fullmatch(head) else ""
    reference = head.removeprefix("ref:").strip()
    return reference.removeprefix("refs/heads/"), _resolve(reference, git_dir, common)


def _resolve(reference: str, git_dir: Path, common: Path) -> str:
    for directory in (git_dir, common):
        loose = directory / reference
        if loose.is_file():
            commit = _text(loose).strip()
            return commit if _COMMIT.fullmatch(commit) else ""
    packed = common / "packed-refs"
    for line in _text(packed).splitlines() if packed.is_file() else ():
        commit, _, name = line.partition(" ")
        if name == reference and _COMMIT.fullmatch(commit):
            return commit
    return ""


def _remote_url(common: Path) -> str:
    """Return the URL of `origin`, else of the first remote, without credentials."""
    urls: dict[str, str] = {}
    section = ""
    for line in _text(common / "config").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
        elif section.startswith("[remote "):
            key, _, value = stripped.partition("=")
            if key.strip() == "url":
                urls.setdefault(section, value.strip())
    url = urls.get('[remote "origin"]', next(iter(urls.values()), ""))
    return without_credentials(url)


def _text(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(_MAX_FILE_BYTES)
