"""Mean squared logarithmic error."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss, check_numbers


class MeanSquaredLogarithmicError(Loss):
    """mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis, negatives counted as 0.

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.mean_squared_logarithmic_error(tensor([[0.0]]), tensor([[1.0]])).item(), 4)
    0.4805
    """

    formula = "mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis, negatives counted as 0"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        difference = ops.log1p(ops.maximum(y_true, 0.0)) - ops.log1p(ops.maximum(y_pred, 0.0))
        return ops.mean(ops.square(difference), -1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis."""
    return MeanSquaredLogarithmicError(reduction="none")(y_true, y_pred)
