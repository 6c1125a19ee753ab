"""Several predictions for the same examples made one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, ShapeError
from ..refusal import shown

Array = npt.NDArray[Any]
Combine = str | Callable[[Array], Array]
WAYS = ("mean", "median", "vote")


def check_combine(who: str, combine: Any) -> None:
    """Raise `ArgumentError` unless `combine` is one of `WAYS` or a function."""
    if not callable(combine) and combine not in WAYS:
        raise ArgumentError(f"{who}: combine must be one of {WAYS} or a function, got {shown(combine)}")


def combined(predictions: Array, combine: Combine = "mean") -> Array:
    """predictions (m, n, ...) from m sources as one (n, ...).

    "mean", "median": over the sources. "vote": outputs (n, classes) become the share of the sources whose
    most likely class is that one, or (n, 1) of yes-or-no outputs the share above 0.5; their argmax is the
    majority. A function is given the whole array.

    >>> combined(np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.45, 0.55]]]), "vote").round(2).tolist()
    [[0.33, 0.67]]
    """
    check_combine("combined", combine)
    if predictions.ndim < 2:
        raise ShapeError(f"combined: predictions must have shape (m, n, ...), got {predictions.shape}")
    if callable(combine):
        found = np.asarray(combine(predictions))
        if found.shape[:1] != predictions.shape[1:2]:
            raise ShapeError(
                f"combined: combine must return {predictions.shape[1]} rows, got shape {found.shape}"
            )
        return found
    if combine == "vote":
        return _votes(predictions)
    way = np.mean if combine == "mean" else np.median
    return np.asarray(way(predictions, axis=0), predictions.dtype)


def _votes(predictions: Array) -> Array:
    if predictions.ndim < 3:
        raise ShapeError(
            f'combined: combine="vote" needs outputs (n, classes) or (n, 1), got {predictions.shape[1:]}'
        )
    classes = predictions.shape[-1]
    if classes == 1:
        return np.asarray((predictions > 0.5).mean(axis=0))
    return np.asarray(np.eye(classes)[predictions.argmax(axis=-1)].mean(axis=0))


def one_output(who: str, found: Any) -> Array:
    """The outputs of a model with one output."""
    if not isinstance(found, np.ndarray):
        raise ArgumentError(
            f"{who}: the model must have one output, got {type(found).__name__} of {len(found)}"
        )
    return found
