"""1,797 handwritten digits of 8 x 8 pixels, shipped with the package (UCI, CC BY 4.0; see DIGITS.md)."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..data.splits import stratified_split
from ..errors import FileFormatError
from .npz import read_npz

MAXIMUM = 16  # pixels count the dark points of a 4 x 4 block
CLASSES = tuple("0123456789")
SHA256 = "0aa6166fb343499086819fa45ff9fbc1068df96dfd2c504e9c7c732db02344b9"

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]


def load_data(
    *, test_size: float = 0.2, seed: int = 0
) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((x_train, y_train), (x_test, y_test)): images (n, 8, 8) uint8 from 0 to 16, labels (n,) uint8 from 0
    to 9.

    The split keeps the shares of the classes and depends on `seed` alone. Divide by `MAXIMUM` to scale to [0,
    1].

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape, int(x_train.max())
    ((1438, 8, 8), (359, 8, 8), 16)
    """
    images, labels = load_all()
    train, test = stratified_split(labels, (1.0 - test_size, test_size), seed=seed)
    return (images[train], labels[train]), (images[test], labels[test])


def load_all() -> tuple[Images, Labels]:
    """All 1,797 images and labels in the order of the source."""
    path = Path(__file__).with_name("digits.npz")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FileFormatError(f"{path}: damaged: its SHA-256 differs; install Afina again")
    arrays = read_npz(io.BytesIO(content), ["images", "labels"], where=str(path))
    return arrays["images"], arrays["labels"]
