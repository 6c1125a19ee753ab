"""Area under the ROC curve or the precision-recall curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .metric import Array, Metric, same_shape, spread_weights


class AUC(Metric):
    """Area under the curve, from histograms of positive and negative scores over `num_thresholds` equal bins.

    curve="ROC" (default): true positive rate over false positive rate by the trapezoid rule, so scores within
    one bin count as ties. curve="PR": precision over recall, summed as average precision.
    Labels 0 and 1 and scores in [0, 1], equal shapes; `from_logits=True` applies the sigmoid first.

    >>> from afina import metrics
    >>> metrics.AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.75
    """

    state_names = ("positives", "negatives")

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", name: str = "auc", from_logits: bool = False
    ) -> None:
        if num_thresholds < 2:
            raise ArgumentError(f"AUC: num_thresholds must be at least 2, got {num_thresholds}")
        if curve not in ("ROC", "PR"):
            raise ArgumentError(f'AUC: curve must be "ROC" or "PR", got {curve!r}')
        self.num_thresholds = num_thresholds
        self.curve = curve
        self.from_logits = bool(from_logits)
        super().__init__(name)

    def reset_state(self) -> None:
        self.positives: Array = np.zeros(self.num_thresholds)
        self.negatives: Array = np.zeros(self.num_thresholds)

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        same_shape(self.name, y_true, y_pred)
        scores = y_pred.astype(np.float64)
        if self.from_logits:
            scores = 0.5 * (1.0 + np.tanh(0.5 * scores))
        if not ((scores >= 0.0) & (scores <= 1.0)).all():
            raise ArgumentError(
                f"metric {self.name!r}: scores must lie in [0, 1], got {scores.min()} to {scores.max()}"
            )
        weights = np.ones(scores.shape)
        if sample_weight is not None:
            weights = (
                sample_weight
                if sample_weight.shape == scores.shape
                else weights
                * spread_weights(self.name, sample_weight, scores.shape[:-1]).reshape(*scores.shape[:-1], 1)
            )
        bins = np.minimum((scores * self.num_thresholds).astype(np.int64), self.num_thresholds - 1).ravel()
        wanted = (y_true > 0.5).ravel()
        flat = weights.ravel()
        self.positives = self.positives + np.bincount(bins[wanted], flat[wanted], self.num_thresholds)
        self.negatives = self.negatives + np.bincount(bins[~wanted], flat[~wanted], self.num_thresholds)

    def result(self) -> float:
        true = np.concatenate([[0.0], np.cumsum(self.positives[::-1])])
        false = np.concatenate([[0.0], np.cumsum(self.negatives[::-1])])
        if true[-1] == 0.0 or (self.curve == "ROC" and false[-1] == 0.0):
            return 0.0
        recall = true / true[-1]
        if self.curve == "ROC":
            rate = false / false[-1]
            return float(((recall[1:] + recall[:-1]) * np.diff(rate)).sum() / 2.0)
        called = true + false
        precision = np.divide(true, called, out=np.ones_like(true), where=called > 0)
        return float((np.diff(recall) * precision[1:]).sum())

    def get_config(self) -> dict[str, Any]:
        names = ("num_thresholds", "curve", "from_logits")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
