"""Mean absolute error."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss


class MeanAbsoluteError(Loss):
    """|y_true - y_pred|, the mean over the last axis, then reduced over the rest.

    y_true, y_pred: (n, ..., k), equal shapes. Gradient from one kernel.

    >>> from afina import losses, tensor
    >>> losses.mean_absolute_error(tensor([[0.0, 0.0]]), tensor([[1.0, 3.0]])).tolist()
    [2.0]
    """

    formula = "|y_true - y_pred|, mean over the last axis"

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        return ops.mean_absolute_error(y_true, y_pred, reduction=reduction, sample_weight=sample_weight)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: |y_true - y_pred|, the mean over the last axis."""
    return MeanAbsoluteError(reduction="none")(y_true, y_pred)
