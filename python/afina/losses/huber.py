"""Huber loss."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from .loss import Loss


class Huber(Loss):
    """d^2 / 2 where |d| <= delta, delta * (|d| - delta / 2) elsewhere; d = y_true - y_pred.

    y_true, y_pred: (n, ..., k), equal shapes; the mean over the last axis, then reduced over the rest.

    >>> from afina import losses, tensor
    >>> losses.huber(tensor([[0.0, 0.0]]), tensor([[1.0, 3.0]])).tolist()
    [1.5]
    """

    def __init__(self, delta: float = 1.0, reduction: str | None = "mean", name: str | None = None) -> None:
        super().__init__(reduction, name)
        if not 0 < delta < math.inf:
            raise ArgumentError(f"Huber: delta must be above 0 and finite, got {delta!r}")
        self.delta = delta

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The formula with its delta."""
        return (
            "d^2 / 2 if |d| <= delta else delta * (|d| - delta / 2), mean over the last axis, "
            f"delta={self.delta!r}"
        )

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        return ops.huber(y_true, y_pred, delta=self.delta, reduction=reduction, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """One value per position: Huber's function of y_true - y_pred, the mean over the last axis."""
    return Huber(delta, reduction="none")(y_true, y_pred)
