"""Logarithm of the hyperbolic cosine."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss, check_numbers


class LogCosh(Loss):
    """mean(log(cosh(y_pred - y_true))) over the last axis.

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.log_cosh(tensor([[0.0]]), tensor([[1.0]])).item(), 4)
    0.4338
    """

    formula = "mean(log(cosh(y_pred - y_true))) over the last axis"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        # log(cosh(d)) = d + softplus(-2 d) - log 2: no overflow for large differences.
        difference = y_pred - y_true
        return ops.mean(difference + ops.softplus(-2.0 * difference) - math.log(2.0), -1)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: mean(log(cosh(y_pred - y_true))) over the last axis."""
    return LogCosh(reduction="none")(y_true, y_pred)
