"""New samples from two of a batch, labels mixed alike (D0: augmentation by combination)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, DTypeError, ShapeError
from ..refusal import numbers, shown
from ..utils.formatting import as_call

Array = npt.NDArray[Any]


class _Mixing(ABC):
    """A loader's `batch_transform` that mixes (x, y) or (x, y, weights) with a permutation of itself."""

    def __init__(self, alpha: float, classes: int | None) -> None:
        who = type(self).__name__
        real = isinstance(alpha, (int, float, np.integer, np.floating)) and not isinstance(alpha, bool)
        if not real or not 0 < alpha < math.inf:
            raise ArgumentError(f"{who}: alpha must be positive, got {shown(alpha)}")
        if classes is not None and (isinstance(classes, bool) or not isinstance(classes, int) or classes < 1):
            raise ArgumentError(f"{who}: classes must be a positive int, got {shown(classes)}")
        self.alpha = float(alpha)
        self.classes = classes

    def __repr__(self) -> str:
        return as_call(self)

    def __call__(self, batch: Any, generator: np.random.Generator) -> Any:
        """The mixed batch."""
        who = type(self).__name__
        if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
            raise ArgumentError(f"{who}: a batch must be (x, y) or (x, y, weights), got {shown(batch)}")
        if not isinstance(generator, np.random.Generator):
            raise DTypeError(f"{who}: generator must be a numpy.random.Generator, got {shown(generator)}")
        x = np.asarray(numbers(who, "x", batch[0]))
        y = self._labels(np.asarray(numbers(who, "y", batch[1])))
        if x.ndim < 2 or len(x) != len(y):
            raise ShapeError(f"{who}: x of shape {x.shape} and y of shape {y.shape} are no batch")
        partner = generator.permutation(len(x))
        mixed, share = self._mix(x, x[partner], generator)
        labels = blend(y, y[partner], share)
        if len(batch) == 2:
            return mixed, labels
        weights = np.asarray(numbers(who, "weights", batch[2]), np.float32)
        return mixed, labels, blend(weights, weights[partner], share)

    def _labels(self, y: Array) -> Array:
        """Labels that can be mixed: floats as they are, class numbers one-hot."""
        who = type(self).__name__
        if self.classes is None:
            if y.dtype.kind != "f":
                raise DTypeError(
                    f"{who}: y of {y.dtype} cannot be mixed; give one-hot or real labels, "
                    "or classes= with class numbers"
                )
            return y
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.ndim != 1 or (y.size and (y.min() < 0 or y.max() >= self.classes)) or (y != np.floor(y)).any():
            raise ArgumentError(
                f"{who}: y must be class numbers from 0 to {self.classes - 1}, got {shown(y)}"
            )
        return np.eye(self.classes, dtype=np.float32)[y.astype(np.int64)]

    @abstractmethod
    def _mix(self, x: Array, other: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        """The mixed samples, and each one's share of the first."""


class MixUp(_Mixing):
    """x = l * a + (1 - l) * b and y likewise, l from Beta(alpha, alpha) (Zhang and others 2018).

    b is another sample of the batch. y: one-hot or real labels; class numbers with `classes`. Integer x is
    rounded and keeps its dtype. Use it as a loader's `batch_transform`.

    >>> x, y = MixUp(0.2)((np.eye(4), np.eye(4)), np.random.default_rng(0))
    >>> bool(np.allclose(x, y))
    True
    """

    def __init__(self, alpha: float = 0.2, classes: int | None = None) -> None:
        super().__init__(alpha, classes)

    def _mix(self, x: Array, other: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        share = generator.beta(self.alpha, self.alpha, len(x))
        return blend(x, other, share), share


class CutMix(_Mixing):
    """A rectangle of b is pasted into a; labels are mixed by the areas (Yun and others 2019).

    The rectangle has the image's aspect ratio, the share 1 - l of its area with l from Beta(alpha, alpha),
    and a centre anywhere; what lies outside the image is cut off and not counted. x: images (n, h, w, c).

    >>> x, y = CutMix()((np.zeros((2, 8, 8, 1)), np.eye(2)), np.random.default_rng(0))
    >>> y.sum(axis=1).tolist()
    [1.0, 1.0]
    """

    def __init__(self, alpha: float = 1.0, classes: int | None = None) -> None:
        super().__init__(alpha, classes)

    def _mix(self, x: Array, other: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        if x.ndim != 4:
            raise ShapeError(f"CutMix: x must be images (n, h, w, c), got shape {x.shape}")
        side = np.sqrt(1.0 - generator.beta(self.alpha, self.alpha, len(x)))
        inside = []
        for size in x.shape[1:3]:
            centre = generator.integers(0, size, len(x))
            half = side * size / 2
            first = np.clip(np.rint(centre - half), 0, size)[:, None]
            last = np.clip(np.rint(centre + half), 0, size)[:, None]
            inside.append((np.arange(size) >= first) & (np.arange(size) < last))
        pasted = inside[0][:, :, None] & inside[1][:, None, :]
        return np.where(pasted[..., None], other, x), 1.0 - pasted.mean(axis=(1, 2))


def blend(a: Array, b: Array, share: Array) -> Array:
    """share * a + (1 - share) * b, one share a row, in the dtype of a.

    >>> blend(np.array([[10]]), np.array([[20]]), np.array([0.25])).tolist()
    [[18]]
    """
    kind = np.float64 if a.dtype == np.float64 else np.float32
    part = share.astype(kind).reshape(-1, *[1] * (a.ndim - 1))
    mixed = a * part + b * (1 - part)
    rounded: Array = np.rint(mixed) if a.dtype.kind in "iub" else mixed
    return rounded.astype(a.dtype)
