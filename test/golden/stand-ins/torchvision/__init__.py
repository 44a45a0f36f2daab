"""Stands in for torchvision, which has no build for the torch that the tests use.

Only what W&B's own PyTorch flow names is here: `datasets.FakeData` and, of
`transforms`, `Compose`, `ToTensor` and `Normalize`.
"""

from torchvision import datasets, transforms

__all__ = ["datasets", "transforms"]
