"""The plain mean and sum of the values given."""

from __future__ import annotations

from typing import Any

import numpy as np

from .metric import Array, Metric, host, spread_weights


class Mean(Metric):
    """The weighted mean of all values given to `update_state(values, sample_weight)`.

    >>> from afina import metrics
    >>> m = metrics.Mean()
    >>> m.update_state([1.0, 3.0]); m.update_state(8.0)
    >>> m.result()
    4.0
    """

    state_names = ("total", "count")

    def reset_state(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add values, each with its weight."""
        array: Array = host(values, self.name)
        weights = (
            np.ones(array.shape) if sample_weight is None else host(sample_weight, self.name, "sample_weight")
        )
        weights = spread_weights(self.name, weights, array.shape)
        self.total += float((array * weights).sum(dtype=np.float64))
        self.count += float(weights.sum(dtype=np.float64))

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0


class Sum(Mean):
    """The weighted sum of all values given.

    >>> from afina import metrics
    >>> metrics.Sum()([1.0, 3.0])
    4.0
    """

    def result(self) -> float:
        return self.total
