"""A metric over the labels that are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import AfinaError, ArgumentError
from ..registry import deserialize, serialize
from .metric import Array, Metric, class_labels, spread_weights


class MaskedMetric(Metric):
    """`metric` over the known labels only; unknown ones are NaN, or the number `missing` (see `MaskedLoss`).

    Labels of the outputs' shape are taken one by one; labels with one number a row (integer classes) by rows.

    >>> from afina import metrics
    >>> metrics.MaskedMetric("mae")([[1.0, float("nan")], [0.0, 2.0]], [[0.0, 9.0], [0.0, 0.0]])
    1.0
    """

    def __init__(self, metric: Any, missing: float | None = None, name: str | None = None) -> None:
        from . import get, is_accuracy

        if is_accuracy(metric):
            raise ArgumentError(
                f"MaskedMetric: metric must say which accuracy: binary_accuracy, ..., got {metric!r}"
            )
        inner = deserialize(metric) if isinstance(metric, dict) else get(metric)
        if isinstance(inner, MaskedMetric):
            raise ArgumentError("MaskedMetric: metric is masked already, got a MaskedMetric")
        self.metric = inner
        self.missing = missing
        super().__init__(name or f"masked_{inner.name}")

    def reset_state(self) -> None:
        self.metric.reset_state()

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        try:
            self._update(y_true, y_pred, sample_weight)
        except AfinaError as error:
            raise type(error)(f"MaskedMetric {self.name!r}: {error}") from error

    def _update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        known = ~np.isnan(y_true) if self.missing is None else y_true != self.missing
        if y_true.shape == y_pred.shape:
            weights = sample_weight
            if weights is not None and weights.shape != y_true.shape:
                spread = spread_weights(self.name, weights, y_true.shape[:-1])
                weights = np.broadcast_to(spread[..., np.newaxis], y_true.shape)
            chosen = None if weights is None else weights[known]
            if known.any():
                self.metric.update(y_true[known][:, np.newaxis], y_pred[known][:, np.newaxis], chosen)
            return
        class_labels(self.name, y_true, y_pred)
        rows = known.reshape(len(y_true), -1).all(axis=1)
        if rows.any():
            chosen = None if sample_weight is None else sample_weight[rows]
            self.metric.update(y_true[rows], y_pred[rows], chosen)

    def result(self) -> float:
        return self.metric.result()

    def get_state(self) -> dict[str, Any]:
        return self.metric.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        self.metric.set_state(state)

    def get_config(self) -> dict[str, Any]:
        return {"metric": serialize(self.metric), "missing": self.missing, **super().get_config()}
