"""Steps: a constant value between boundaries."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence

from ..errors import ArgumentError
from .schedule import Schedule


class PiecewiseConstantDecay(Schedule):
    """values[i], where i counts the boundaries below t: values[0] while t <= boundaries[0], and so on.

    >>> from afina.schedules import PiecewiseConstantDecay
    >>> [PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])(t) for t in range(6)]
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.1]
    """

    formula = "values[number of boundaries below t]"

    def __init__(self, boundaries: Sequence[int], values: Sequence[float]) -> None:
        if len(values) != len(boundaries) + 1:
            raise ArgumentError(
                f"PiecewiseConstantDecay: values must be one more than boundaries, "
                f"got boundaries {boundaries!r} and values {values!r}"
            )
        if not all(math.isfinite(value) for value in values):
            raise ArgumentError(f"PiecewiseConstantDecay: values must be finite, got {list(values)}")
        if any(later <= earlier for earlier, later in itertools.pairwise(boundaries)):
            raise ArgumentError(f"PiecewiseConstantDecay: boundaries must increase, got {list(boundaries)}")
        self.boundaries = list(boundaries)
        self.values = [float(value) for value in values]

    def __call__(self, step: int) -> float:
        return self.values[bisect_left(self.boundaries, step)]
