"""Kullback-Leibler divergence."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss


class KLDivergence(Loss):
    """sum(y_true * log(y_true / y_pred)) over the last axis, both kept within [1e-7, 1].

    y_true, y_pred: (n, ..., k), equal shapes, probabilities along the last axis.

    >>> from afina import losses, tensor
    >>> round(losses.kl_divergence(tensor([[0.5, 0.5]]), tensor([[0.25, 0.75]])).item(), 4)
    0.1438
    """

    formula = "sum(y_true * log(y_true / y_pred)) over the last axis"

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        return ops.kl_divergence(y_true, y_pred, reduction=reduction, sample_weight=sample_weight)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: sum(y_true * log(y_true / y_pred)) over the last axis."""
    return KLDivergence(reduction="none")(y_true, y_pred)
