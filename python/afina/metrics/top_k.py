"""Top-k accuracy, from one-hot and from integer labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .metric import Array, MeanOfValues, class_labels, same_shape


class SparseTopKCategoricalAccuracy(MeanOfValues):
    """The share of positions whose label is among the k largest outputs; ties count for the label.

    Labels: integers (n, ...) or (n, ..., 1); outputs (n, ..., classes); k = 5.

    >>> from afina import metrics
    >>> metrics.SparseTopKCategoricalAccuracy(k=2)([2, 0], [[0.1, 0.5, 0.4], [0.2, 0.5, 0.3]])
    0.5
    """

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        if k < 1:
            raise ArgumentError(f"{type(self).__name__}: k must be at least 1, got {k}")
        self.k = k
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return in_top_k(class_labels(self.name, y_true, y_pred), y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """The same from one-hot labels; equal shapes (n, ..., classes).

    >>> from afina import metrics
    >>> metrics.TopKCategoricalAccuracy(k=1)([[0, 1]], [[0.2, 0.8]])
    1.0
    """

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(k, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        return in_top_k(y_true.argmax(-1), y_pred, self.k)


def in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Are fewer than k outputs larger than the label's? A NaN there counts as no."""
    chosen = np.take_along_axis(y_pred, labels[..., None].astype(np.int64), axis=-1)
    found: Array = ((y_pred > chosen).sum(-1) < k) & np.isfinite(chosen[..., 0])
    return found


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """One boolean per position: is the one-hot label among the k largest outputs?"""
    return TopKCategoricalAccuracy(k).values(np.asarray(y_true), np.asarray(y_pred))


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """One boolean per position: is the integer label among the k largest outputs?"""
    return SparseTopKCategoricalAccuracy(k).values(np.asarray(y_true), np.asarray(y_pred))
