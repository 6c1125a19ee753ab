"""Any function of labels and outputs as a metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..gradient import no_grad
from ..losses.loss import as_tensor
from .metric import Array, MeanOfValues, host


class MeanOfFunction(MeanOfValues):
    """The mean of `function(y_true, y_pred)`, which gives one value per position, or a single one.

    It gets tensors; labels of the outputs' shape come in the outputs' dtype.

    >>> from afina import metrics
    >>> metrics.MeanOfFunction(lambda y, p: abs(y - p), "distance")([1.0], [3.0])
    2.0
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        self.function = function
        super().__init__(name or getattr(function, "__name__", "metric"))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outputs, labels = as_tensor(y_pred), as_tensor(y_true)
        if labels.shape == outputs.shape and labels.dtype != outputs.dtype:
            labels = labels.astype(outputs.dtype)
        with no_grad():
            values = host(self.function(labels, outputs))
        self.update(values, values, self.weights_of(y_pred, sample_weight))

    def values(self, y_true: Array, y_pred: Array) -> Array:  # noqa: ARG002 - already computed
        return y_true
