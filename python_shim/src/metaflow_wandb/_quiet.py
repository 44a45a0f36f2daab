"""Keeps warnings of libraries that we call out of a step's output."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Ignore warnings, which are about what we do with a value and not about the step."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
