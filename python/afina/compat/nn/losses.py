"""Torch's losses: called with the outputs first and the labels second."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import losses
from ..._C import Tensor
from ...errors import ArgumentError


class _Loss:
    """A loss of this library with torch's order of arguments and its reductions."""

    per_entry = True  # torch adds up every entry, our losses the means over the last axis

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum"):
            raise ArgumentError(
                f'nn.{type(self).__name__}: reduction must be "mean" or "sum", got {reduction!r}'
            )
        self.reduction = reduction
        self.loss = self.make(reduction)

    def make(self, reduction: str) -> losses.Loss:
        """Our loss."""
        raise NotImplementedError

    def __call__(self, input: Any, target: Any) -> Tensor:
        value = self.loss(target, input)
        counts = self.per_entry and self.reduction == "sum"
        return value * float(np.shape(input)[-1]) if counts else value


class MSELoss(_Loss):
    """Mean of (input - target)^2."""

    def make(self, reduction: str) -> losses.Loss:
        return losses.MeanSquaredError(reduction)


class L1Loss(_Loss):
    """Mean of abs(input - target)."""

    def make(self, reduction: str) -> losses.Loss:
        return losses.MeanAbsoluteError(reduction)


class BCELoss(_Loss):
    """Mean of -(t log p + (1 - t) log(1 - p))."""

    def make(self, reduction: str) -> losses.Loss:
        return losses.BinaryCrossentropy(reduction=reduction)


class BCEWithLogitsLoss(_Loss):
    """`BCELoss` of sigmoid(input)."""

    def make(self, reduction: str) -> losses.Loss:
        return losses.BinaryCrossentropy(from_logits=True, reduction=reduction)


class CrossEntropyLoss(_Loss):
    """-log softmax(input)[target]: input (n, classes), target (n,) whole numbers.

    >>> from afina import tensor
    >>> round(CrossEntropyLoss()(tensor([[0.0, 0.0]]), [1]).item(), 4)
    0.6931
    """

    per_entry = False

    def make(self, reduction: str) -> losses.Loss:
        return losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
