"""Validation data, given or split off."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from .batches import take
from .structure import as_array, is_list_of_arrays


def validation_arrays(validation_data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) from (x, y), (x, y, sample_weight), a loader, a Sequence or x alone."""
    if isinstance(validation_data, (tuple, list)):
        if len(validation_data) not in (2, 3):
            raise ArgumentError(
                "validation_data: expected (x, y) or (x, y, sample_weight), "
                f"got {len(validation_data)} entries"
            )
        x, y, weight = (*validation_data, None)[:3]
        return x, y, weight
    if isinstance(validation_data, str):
        raise ArgumentError(f"validation_data: expected (x, y) or a loader, got {validation_data!r}")
    return validation_data, None, None


def split_off(
    x: Any, y: Any, sample_weight: Any, fraction: float
) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """The first samples for training and the last `fraction` for validation, in every array alike."""
    if not 0.0 < fraction < 1.0:
        raise ArgumentError(f"validation_split must lie in [0, 1), got {fraction!r}")
    first = x
    while isinstance(first, dict) or is_list_of_arrays(first):
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    if not isinstance(first, (list, tuple)) and not hasattr(first, "__array__"):
        raise ArgumentError(
            f"validation_split: needs arrays, got {type(x).__name__}; pass validation_data instead"
        )
    count = int(as_array(first, "x").shape[0])
    kept = count - int(count * fraction)
    if kept in (0, count):
        raise ShapeError(f"validation_split={fraction}: leaves nothing on one side of {count} samples")

    def part(value: Any, rows: slice) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            return {name: part(item, rows) for name, item in value.items()}
        if is_list_of_arrays(value):
            return [part(item, rows) for item in value]
        return take(value if hasattr(value, "shape") else np.asarray(value), rows)

    given = (x, y, sample_weight)
    training = tuple(part(value, slice(0, kept)) for value in given)
    validation = tuple(part(value, slice(kept, count)) for value in given)
    return training, validation
