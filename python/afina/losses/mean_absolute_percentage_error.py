"""Mean absolute percentage error."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss, check_numbers


class MeanAbsolutePercentageError(Loss):
    """100 * mean(|y_true - y_pred| / max(|y_true|, 1e-7)) over the last axis.

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.mean_absolute_percentage_error(tensor([[2.0]]), tensor([[1.0]])).item(), 4)
    50.0
    """

    formula = "100 * mean(|y_true - y_pred| / max(|y_true|, 1e-7)) over the last axis"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        share = ops.abs(y_true - y_pred) / ops.maximum(ops.abs(y_true), 1e-7)
        return 100.0 * ops.mean(share, -1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: 100 * mean(|y_true - y_pred| / max(|y_true|, 1e-7)) over the last axis."""
    return MeanAbsolutePercentageError(reduction="none")(y_true, y_pred)
