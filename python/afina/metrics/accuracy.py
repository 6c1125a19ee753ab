"""The accuracy family: how often labels and outputs agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from .metric import Array, MeanOfValues, check_threshold, class_labels, same_shape


class Accuracy(MeanOfValues):
    """The share of positions where y_true equals y_pred exactly; equal shapes.

    >>> from afina import metrics
    >>> metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
    0.75
    """

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        return np.asarray(y_true == y_pred)


class BinaryAccuracy(MeanOfValues):
    """The share of outputs on the label's side of `threshold`; equal shapes (n, ..., k).

    >>> from afina import metrics
    >>> metrics.BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]])
    0.75
    """

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        check_threshold("BinaryAccuracy", threshold)
        self.threshold = threshold
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        agreed: Array = (y_pred > self.threshold) == y_true
        return agreed[..., 0] if agreed.shape[-1:] == (1,) else agreed.mean(axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(MeanOfValues):
    """The share of positions whose largest output is where the one-hot label is; equal shapes (n, ...,
    classes).

    >>> from afina import metrics
    >>> metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        return np.asarray(y_true.argmax(-1) == y_pred.argmax(-1))


class SparseCategoricalAccuracy(MeanOfValues):
    """The share of positions whose largest output is at the integer label, shape (n, ...) or (n, ..., 1).

    >>> from afina import metrics
    >>> metrics.SparseCategoricalAccuracy()([1, 1], [[0.1, 0.9], [0.8, 0.2]])
    0.5
    """

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.asarray(class_labels(self.name, y_true, y_pred) == y_pred.argmax(-1))


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """One value per position: the share of the last axis on the label's side of the threshold."""
    return BinaryAccuracy(threshold=threshold).values(np.asarray(y_true), np.asarray(y_pred))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """One boolean per position: is the largest output where the one-hot label is?"""
    return CategoricalAccuracy().values(np.asarray(y_true), np.asarray(y_pred))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """One boolean per position: is the largest output at the integer label?"""
    return SparseCategoricalAccuracy().values(np.asarray(y_true), np.asarray(y_pred))
