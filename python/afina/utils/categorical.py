"""Labels as one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError


def to_categorical(x: Any, num_classes: int | None = None, *, dtype: str = "float32") -> npt.NDArray[Any]:
    """One-hot rows of integer labels: result[..., k] = 1 where x == k, else 0.

    `x`: labels of any shape, whole numbers from 0; a last axis of size 1 is dropped, as in Keras.
    `num_classes`: length of the rows, by default the largest label plus one.
    Returns an array of shape (*x.shape, num_classes).
    Raises `ArgumentError` for labels that are not whole, are negative, or do not fit `num_classes`.

    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise ArgumentError(f"to_categorical: labels must be whole numbers, got dtype {given.dtype}")
    if given.ndim > 1 and given.shape[-1] == 1:
        given = given.reshape(given.shape[:-1])
    if given.dtype.kind == "f" and not bool(np.all(np.isfinite(given) & (given == np.floor(given)))):
        raise ArgumentError("to_categorical: labels must be whole numbers, got fractions, inf or NaN")
    labels = given.astype(np.int64)
    largest = int(labels.max()) if labels.size else -1
    if labels.size and int(labels.min()) < 0:
        raise ArgumentError(f"to_categorical: labels must not be negative, got {int(labels.min())}")
    if num_classes is None:
        num_classes = largest + 1
    if num_classes < 0 or largest >= num_classes:
        raise ArgumentError(f"to_categorical: label {largest} does not fit num_classes={num_classes}")
    rows = np.zeros((labels.size, num_classes), dtype=dtype)
    rows[np.arange(labels.size), labels.ravel()] = 1
    return rows.reshape((*labels.shape, num_classes))
