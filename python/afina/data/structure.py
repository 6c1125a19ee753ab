"""Arrays, tuples and dicts of arrays, taken by row and stacked from samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .order import Indices


def length_of(data: Any) -> int:
    """Rows of an array, or of every array in a tuple or dict; samples of a data set."""
    if isinstance(data, (tuple, dict)):
        parts = list(data.values()) if isinstance(data, dict) else list(data)
        lengths = [length_of(part) for part in parts]
        if not lengths or len(set(lengths)) != 1:
            raise ArgumentError(f"Loader: the arrays must have one length, got {lengths}")
        return lengths[0]
    if isinstance(data, np.ndarray) and data.ndim == 0:
        raise ArgumentError("Loader: an array without dimensions has no rows")
    try:
        return len(data)
    except TypeError:
        raise ArgumentError(
            f"Loader: a {type(data).__name__} has no length; give arrays or a data set"
        ) from None


def rows_of(data: Any, rows: Indices | int) -> Any:
    """`data`'s rows with its structure kept, or None where it is not made of arrays alone."""
    if isinstance(data, np.ndarray):
        return data[rows]
    if isinstance(data, tuple):
        parts = [rows_of(part, rows) for part in data]
        return None if any(part is None for part in parts) else tuple(parts)
    if isinstance(data, dict):
        fields = {key: rows_of(part, rows) for key, part in data.items()}
        return None if any(part is None for part in fields.values()) else fields
    return None


def collate(samples: list[Any]) -> Any:
    """Samples stacked along a new first axis, with their structure kept.

    >>> collate([(np.zeros(2), 1), (np.ones(2), 2)])
    (array([[0., 0.], [1., 1.]]), array([1, 2]))
    """
    first = samples[0]
    if isinstance(first, (tuple, list)):
        if any(not isinstance(sample, (tuple, list)) or len(sample) != len(first) for sample in samples):
            raise ArgumentError("the samples are tuples of different lengths")
        return tuple(collate([sample[i] for sample in samples]) for i in range(len(first)))
    if isinstance(first, dict):
        if any(not isinstance(sample, dict) or set(sample) != set(first) for sample in samples):
            raise ArgumentError("the samples are dicts of different keys")
        return {key: collate([sample[key] for sample in samples]) for key in first}
    arrays = [np.asarray(sample) for sample in samples]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise ArgumentError(f"the samples have different shapes: {', '.join(map(str, shapes[:4]))}")
    if arrays[0].dtype.kind not in "biufc":
        raise ArgumentError(f"the samples are {arrays[0].dtype}; arrays and numbers can be stacked")
    return np.stack(arrays)
