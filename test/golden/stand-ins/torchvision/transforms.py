"""Transformations of pictures that are tensors already."""

import torch


class Compose:
    """One transformation after the other."""

    def __init__(self, transforms):
        self._transforms = transforms

    def __call__(self, picture):
        for transform in self._transforms:
            picture = transform(picture)
        return picture


class ToTensor:
    """Leaves a tensor what it is."""

    def __call__(self, picture):
        return torch.as_tensor(picture)


class Normalize:
    """Shifts and scales each channel."""

    def __init__(self, mean, std):
        self._mean = torch.tensor(mean).view(-1, 1, 1)
        self._std = torch.tensor(std).view(-1, 1, 1)

    def __call__(self, picture):
        return (picture - self._mean) / self._std
