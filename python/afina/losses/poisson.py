"""Poisson loss."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss, check_numbers


class Poisson(Loss):
    """mean(y_pred - y_true * log(y_pred + 1e-7)) over the last axis.

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.poisson(tensor([[1.0]]), tensor([[1.0]])).item(), 4)
    1.0
    """

    formula = "mean(y_pred - y_true * log(y_pred + 1e-7)) over the last axis"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        return ops.mean(y_pred - y_true * ops.log(y_pred + 1e-7), -1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: mean(y_pred - y_true * log(y_pred + 1e-7)) over the last axis."""
    return Poisson(reduction="none")(y_true, y_pred)
