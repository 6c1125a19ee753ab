"""F1, the harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .metric import Array, Metric, check_threshold, same_shape, spread_weights

AVERAGES = (None, "micro", "macro", "weighted")


class F1Score(Metric):
    """2 / (1 / precision + 1 / recall) of each class, and their average.

    Equal shapes (n, classes). With `threshold=None` the largest output of a row is its class; a number makes
    each output a yes or no of its own (use it for (n, 1)). `average`: "macro" (default here, so that the
    result is one number), "micro", "weighted" by the labels' counts, or None for an array with one value per
    class.

    >>> from afina import metrics
    >>> metrics.F1Score(threshold=0.5)([[1.0], [0.0], [1.0]], [[0.9], [0.8], [0.7]])
    0.8
    """

    state_names = ("true_positives", "false_positives", "false_negatives")

    def __init__(
        self, average: str | None = "macro", threshold: float | None = None, name: str = "f1_score"
    ) -> None:
        if average not in AVERAGES:
            raise ArgumentError(f"F1Score: average must be one of {AVERAGES}, got {average!r}")
        if threshold is not None:
            check_threshold("F1Score", threshold)
        self.average = average
        self.threshold = threshold
        super().__init__(name)

    def reset_state(self) -> None:
        self.true_positives: Array = np.zeros(0)
        self.false_positives: Array = np.zeros(0)
        self.false_negatives: Array = np.zeros(0)

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        same_shape(self.name, y_true, y_pred)
        classes = y_pred.shape[-1]
        if self.threshold is None:
            positive = np.arange(classes) == y_pred.argmax(-1)[..., None]
        else:
            positive = y_pred > self.threshold
        wanted = y_true > 0.5
        if not self.true_positives.size:
            self.true_positives, self.false_positives, self.false_negatives = (
                np.zeros(classes) for _ in range(3)
            )
        weights = np.ones(y_pred.shape[:-1]) if sample_weight is None else sample_weight
        weights = spread_weights(self.name, weights, y_pred.shape[:-1])[..., None]

        def per_class(entries: Array) -> Array:
            return np.asarray((entries * weights).reshape(-1, classes).sum(0, dtype=np.float64))

        self.true_positives = self.true_positives + per_class(positive & wanted)
        self.false_positives = self.false_positives + per_class(positive & ~wanted)
        self.false_negatives = self.false_negatives + per_class(~positive & wanted)

    def result(self) -> float:  # an array when average is None, as in Keras
        true, false, missed = self.true_positives, self.false_positives, self.false_negatives
        if not true.size:
            return 0.0
        if self.average == "micro":
            true, false, missed = true.sum(keepdims=True), false.sum(keepdims=True), missed.sum(keepdims=True)
        total = 2.0 * true + false + missed
        scores = np.divide(2.0 * true, total, out=np.zeros_like(total), where=total > 0)
        if self.average is None:
            return scores  # type: ignore[return-value]
        if self.average == "weighted":
            support = true + missed
            return float((scores * support).sum() / support.sum()) if support.sum() else 0.0
        return float(scores.mean())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "average": self.average, "threshold": self.threshold}
