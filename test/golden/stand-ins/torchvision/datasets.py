"""A data set of noise."""

import torch


class FakeData(torch.utils.data.Dataset):
    """Pictures of random pixels, each with a random class; the same in every run."""

    def __init__(self, size, image_size, num_classes, transform=None):
        self._size = size
        self._image_size = image_size
        self._num_classes = num_classes
        self._transform = transform

    def __len__(self):
        return self._size

    def __getitem__(self, index):
        if not 0 <= index < self._size:
            raise IndexError(index)
        noise = torch.Generator().manual_seed(index)
        picture = torch.rand(self._image_size, generator=noise)
        label = int(torch.randint(self._num_classes, (1,), generator=noise))
        return (self._transform(picture) if self._transform else picture), label
