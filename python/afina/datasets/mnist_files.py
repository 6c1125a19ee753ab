"""What MNIST and Fashion-MNIST share: four IDX files of 28 x 28 grey images in ten classes."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from .idx import read_idx
from .sources import Source, locate

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]
SIZE_LIMIT = 1 << 30


def load(
    source: Source, path: str | os.PathLike[str] | None, *, download: bool, folder_names: Sequence[str]
) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((x_train, y_train), (x_test, y_test)) from the four files in the order of `source.files`."""
    files = locate(source, path, download=download, folder_names=folder_names)
    train = _load_pair(files[0], files[1])
    test = _load_pair(files[2], files[3])
    return train, test


def _load_pair(
    images_file: str | os.PathLike[str], labels_file: str | os.PathLike[str]
) -> tuple[Images, Labels]:
    images = read_idx(images_file, size_limit=SIZE_LIMIT)
    labels = read_idx(labels_file, size_limit=SIZE_LIMIT)
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise FileFormatError(f"{images_file}: {images.dtype} {images.shape}; allowed: uint8 (n, 28, 28)")
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise FileFormatError(
            f"{labels_file}: {labels.dtype} {labels.shape}; allowed: uint8 ({len(images)},)"
        )
    if labels.size and int(labels.max()) > 9:
        raise FileFormatError(f"{labels_file}: label {int(labels.max())}; allowed: 0 to 9")
    return images, labels
