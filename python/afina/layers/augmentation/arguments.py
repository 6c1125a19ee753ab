"""Arguments that several augmentations share: intervals to draw from, and the range of the values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...refusal import shown


def _real(value: Any) -> bool:
    known = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return known and math.isfinite(value)


def interval(
    owner: str,
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    mirrored: bool = True,
) -> tuple[float, float]:
    """(a, b) for a pair; for one number f (-f, f), or (0, f) unless `mirrored`; within [low, high].

    >>> interval("RandomRotation", "factor", 0.2)
    (-0.2, 0.2)
    """
    if _real(value):
        if value < 0:
            raise ArgumentError(f"{owner}: {name} must not be negative, got {value!r}; give (low, high)")
        pair = (-float(value) if mirrored else 0.0, float(value))
    elif isinstance(value, (tuple, list)) and len(value) == 2 and all(_real(one) for one in value):
        pair = (float(value[0]), float(value[1]))
    else:
        raise ArgumentError(f"{owner}: {name} must be a number or (low, high), got {shown(value)}")
    if not low <= pair[0] <= pair[1] <= high:
        raise ArgumentError(f"{owner}: {name} must lie in [{low:g}, {high:g}], low first, got {value!r}")
    return pair


def number(owner: str, name: str, value: Any, low: float, high: float) -> float:
    """`value` as a float within [low, high].

    >>> number("RandomErasing", "factor", 1, 0, 1)
    1.0
    """
    if not _real(value) or not low <= value <= high:
        raise ArgumentError(f"{owner}: {name} must be a number in [{low:g}, {high:g}], got {shown(value)}")
    return float(value)


def value_limits(owner: str, value_range: Any) -> tuple[float, float]:
    """(low, high) of the values an image may have.

    >>> value_limits("RandomBrightness", (0, 255))
    (0.0, 255.0)
    """
    pair = value_range if isinstance(value_range, (tuple, list)) else ()
    if len(pair) != 2 or not all(_real(one) for one in pair) or not pair[0] < pair[1]:
        raise ArgumentError(f"{owner}: value_range must be (low, high), low < high, got {shown(value_range)}")
    return float(pair[0]), float(pair[1])


def argument(value: Any) -> Any:
    """A constructor's argument as JSON gives it back: pairs are lists.

    >>> argument((0, 1))
    [0, 1]
    """
    return list(value) if isinstance(value, (tuple, list)) else value
