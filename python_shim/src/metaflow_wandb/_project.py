"""Derives the project of a run that names none, as W&B's client does."""

from __future__ import annotations

import os

UNCATEGORIZED = "uncategorized"


def git_root(directory: str) -> str:
    """Return the checkout that a directory lies in, empty where it lies in none."""
    while not os.path.exists(os.path.join(directory, ".git")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return ""
        directory = parent
    return directory


def derived_project(git_root: str, program: str) -> str:
    """Return `repository-sub_directory` of the program, or `uncategorized` outside git."""
    if not git_root:
        return UNCATEGORIZED
    repository = os.path.basename(git_root)
    directory = os.path.dirname(os.path.abspath(program))
    if not program or not directory.startswith(git_root):
        return repository
    below = os.path.relpath(directory, git_root)
    project = repository if below == "." else f"{repository}-{below}"
    return project.replace(os.sep, "_")
