"""Errors of regression as metrics."""

from __future__ import annotations

import math

import numpy as np

from .metric import Array, MeanOfValues, same_shape


class MeanSquaredError(MeanOfValues):
    """mean((y_true - y_pred)^2); equal shapes.

    >>> from afina import metrics
    >>> metrics.MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
    0.5
    """

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        squares: Array = np.square(y_true - y_pred)
        return squares.mean(-1) if squares.ndim > 1 else squares


class RootMeanSquaredError(MeanSquaredError):
    """sqrt(mean((y_true - y_pred)^2)), the root of the mean over everything added.

    >>> from afina import metrics
    >>> metrics.RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [3.0]])
    3.0
    """

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def result(self) -> float:
        return math.sqrt(super().result())


class MeanAbsoluteError(MeanOfValues):
    """mean(|y_true - y_pred|); equal shapes.

    >>> from afina import metrics
    >>> metrics.MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 1.0]])
    0.5
    """

    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        same_shape(self.name, y_true, y_pred)
        sizes: Array = np.abs(y_true - y_pred)
        return sizes.mean(-1) if sizes.ndim > 1 else sizes
