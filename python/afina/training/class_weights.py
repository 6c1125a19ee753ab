"""Weights of classes as weights of samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from ..metrics.metric import host

Array = npt.NDArray[Any]


def class_weighting(class_weight: Mapping[int, float] | None) -> Callable[[Any], Array] | None:
    """A function from labels (integers, a last axis of 1, or one-hot) to the weights of their classes.

    A class that is not named counts 1.

    >>> class_weighting({0: 1.0, 1: 3.0})([0, 1, 1]).tolist()
    [1.0, 3.0, 3.0]
    """
    if class_weight is None:
        return None
    for label, weight in class_weight.items():
        if int(label) != label or label < 0 or not np.isfinite(weight) or weight < 0:
            raise ArgumentError(
                f"class_weight: expected classes from 0 and weights from 0, got {label!r}: {weight!r}"
            )
    table = np.ones(max(class_weight, default=0) + 2)  # the last entry is for all larger classes
    for label, weight in class_weight.items():
        table[int(label)] = weight

    def weights(labels: Any) -> Array:
        array = host(labels)
        if array.ndim > 1:
            array = array[..., 0] if array.shape[-1] == 1 else array.argmax(-1)
        classes = array.astype(np.int64)
        if classes.size and classes.min() < 0:
            raise ArgumentError(f"class_weight: labels must be classes from 0, got {int(classes.min())}")
        return np.asarray(table[np.minimum(classes, len(table) - 1)], np.float32)

    return weights
