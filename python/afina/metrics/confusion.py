"""Precision and recall, from counts of true and false positives and negatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .metric import Array, Metric, check_threshold, same_shape, spread_weights


class ConfusionMetric(Metric):
    """Counts over all entries of equal shapes, an output being positive above its threshold (0.5).

    `class_id` looks at one column of the last axis only; `top_k` calls an output positive when it is among
    the k largest of its position instead.
    """

    state_names = ("true_positives", "false_positives", "false_negatives")

    def __init__(
        self,
        thresholds: float | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        owner = type(self).__name__
        if thresholds is not None:
            check_threshold(owner, thresholds)
        if top_k is not None and (top_k < 1 or thresholds is not None):
            raise ArgumentError(f"{owner}: top_k must be at least 1 and come without thresholds, got {top_k}")
        self.thresholds = thresholds
        if class_id is not None and class_id < 0:
            raise ArgumentError(f"{owner}: class_id must be at least 0, got {class_id}")
        self.top_k = top_k
        self.class_id = class_id
        super().__init__(name)

    def reset_state(self) -> None:
        self.true_positives = 0.0
        self.false_positives = 0.0
        self.false_negatives = 0.0

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        same_shape(self.name, y_true, y_pred)
        if self.top_k is not None:
            kth = np.sort(y_pred, axis=-1)[..., -min(self.top_k, y_pred.shape[-1])]
            positive = y_pred >= kth[..., None]
        else:
            positive = y_pred > (0.5 if self.thresholds is None else self.thresholds)
        wanted = y_true > 0.5
        if self.class_id is not None:
            positive, wanted = positive[..., self.class_id], wanted[..., self.class_id]
        weights: Any = 1.0
        if sample_weight is not None:
            weights = spread_weights(self.name, sample_weight, y_pred.shape[:-1] or y_pred.shape)
            if weights.ndim < positive.ndim:
                weights = np.broadcast_to(weights[..., None], positive.shape)
        self.true_positives += float(((positive & wanted) * weights).sum(dtype=np.float64))
        self.false_positives += float(((positive & ~wanted) * weights).sum(dtype=np.float64))
        self.false_negatives += float(((~positive & wanted) * weights).sum(dtype=np.float64))

    def get_config(self) -> dict[str, Any]:
        names = ("thresholds", "top_k", "class_id")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class Precision(ConfusionMetric):
    """true positives / (true positives + false positives); 0 when nothing was called positive.

    >>> from afina import metrics
    >>> metrics.Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
    0.6666666666666666
    """

    def result(self) -> float:
        called = self.true_positives + self.false_positives
        return self.true_positives / called if called else 0.0


class Recall(ConfusionMetric):
    """true positives / (true positives + false negatives); 0 when no label is positive.

    >>> from afina import metrics
    >>> metrics.Recall()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
    0.6666666666666666
    """

    def result(self) -> float:
        present = self.true_positives + self.false_negatives
        return self.true_positives / present if present else 0.0
