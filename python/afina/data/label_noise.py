"""Noise on labels, for training batches only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checked import Checked
from ..errors import ArgumentError, IndexRangeError

Array = npt.NDArray[Any]


class LabelNoise(Checked):
    """A `batch_transform` of a `Loader` that disturbs the labels y of batches (x, y).

    stddev: N(0, stddev^2) is added to real labels (regression, or one-hot rows). flip: the probability that a
    class label becomes another class, each of the others equally likely; labels are one-hot rows, or whole
    numbers with `classes` of them. Evaluation is not touched, since its data come another way. With 0 and 0
    batches pass unchanged.

    >>> from afina.data import Loader
    >>> x, y = np.zeros((100, 2)), np.zeros(100, int)
    >>> noisy = Loader((x, y), batch_size=100, batch_transform=LabelNoise(flip=0.3, classes=10), seed=1)
    >>> 15 < sum(int((labels != 0).sum()) for _, labels in noisy) < 45
    True
    """

    def __init__(self, stddev: float = 0.0, flip: float = 0.0, classes: int | None = None) -> None:
        if not 0 <= stddev < math.inf:
            raise ArgumentError(f"LabelNoise: stddev must be finite and not negative, got {stddev!r}")
        if not 0 <= flip <= 1:
            raise ArgumentError(f"LabelNoise: flip must lie in [0, 1], got {flip!r}")
        if classes is not None and classes < 2:
            raise ArgumentError(f"LabelNoise: classes must be at least 2, got {classes!r}")
        self.stddev = float(stddev)
        self.flip = float(flip)
        self.classes = classes

    def __call__(self, batch: Any, generator: np.random.Generator) -> Any:
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise ArgumentError(f"LabelNoise: batches must be (x, y), got {type(batch).__name__}")
        x, y, *rest = batch
        labels = np.asarray(y)
        if self.flip > 0:
            labels = self._flipped(labels, generator)
        if self.stddev > 0:
            if labels.dtype.kind != "f":
                raise ArgumentError(f"LabelNoise: stddev needs labels of real numbers, got {labels.dtype}")
            labels = labels + generator.normal(0.0, self.stddev, labels.shape).astype(labels.dtype)
        return (x, labels, *rest)

    def _flipped(self, labels: Array, generator: np.random.Generator) -> Array:
        one_hot = labels.ndim == 2 and labels.shape[1] > 1
        count = labels.shape[1] if one_hot else self.classes
        if count is None:
            raise ArgumentError("LabelNoise: flip of whole-number labels needs classes, their number")
        own = labels.argmax(axis=1) if one_hot else labels.reshape(-1).astype(np.int64)
        if own.size and not 0 <= int(own.min()) <= int(own.max()) < count:
            raise IndexRangeError(
                f"LabelNoise: labels must lie in 0 to {count - 1}, got {own.min()} to {own.max()}"
            )
        others = (own + generator.integers(1, count, own.size)) % count
        new = np.where(generator.random(own.size) < self.flip, others, own)
        if not one_hot:
            return new.reshape(labels.shape).astype(labels.dtype)
        # Rows of soft labels keep their values: the two classes trade places.
        mixed, rows = labels.copy(), np.arange(len(labels))
        mixed[rows, own], mixed[rows, new] = labels[rows, new], labels[rows, own]
        return mixed
