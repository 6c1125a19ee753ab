"""Negative cosine similarity."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss, check_numbers


class CosineSimilarity(Loss):
    """-sum(y_true * y_pred) / (||y_true|| * ||y_pred||) over the last axis.

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.cosine_similarity(tensor([[3.0, 4.0]]), tensor([[6.0, 8.0]])).item(), 4)
    -1.0
    """

    formula = "-sum(y_true * y_pred) / (||y_true|| * ||y_pred||) over the last axis"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        return -ops.sum(normalized(y_true) * normalized(y_pred), -1)


def cosine_similarity(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: -sum(y_true * y_pred) / (||y_true|| * ||y_pred||) over the last axis."""
    return CosineSimilarity(reduction="none")(y_true, y_pred)


def normalized(x: Tensor) -> Tensor:
    """x / ||x|| along the last axis; a vector of zeros stays zero."""
    squares = ops.sum(ops.square(x), -1, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))
