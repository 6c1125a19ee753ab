"""Hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from .loss import Loss, check_numbers


class Hinge(Loss):
    """mean(max(1 - y_true * y_pred, 0)) over the last axis, labels -1 and 1 (0 and 1 are read as these).

    y_true, y_pred: (n, ..., k), equal shapes; one value per position, then reduced.

    >>> from afina import losses, tensor
    >>> round(losses.hinge(tensor([[1.0]]), tensor([[0.25]])).item(), 4)
    0.75
    """

    formula = (
        "mean(max(1 - y_true * y_pred, 0)) over the last axis, labels -1 and 1 (0 and 1 are read as these)"
    )

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        return ops.mean(ops.maximum(1.0 - signed_labels(self.name, y_true) * y_pred, 0.0), -1)


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: mean(max(1 - y_true * y_pred, 0)) over the last axis."""
    return Hinge(reduction="none")(y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """One value per position: mean(max(1 - y_true * y_pred, 0)^2) over the last axis."""
    return SquaredHinge(reduction="none")(y_true, y_pred)


class SquaredHinge(Loss):
    """mean(max(1 - y_true * y_pred, 0)^2) over the last axis, labels as in `Hinge`.

    >>> from afina import losses, tensor
    >>> losses.squared_hinge(tensor([[1.0]]), tensor([[0.5]])).item()
    0.25
    """

    formula = "mean(max(1 - y_true * y_pred, 0)^2) over the last axis"

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        check_numbers(self.name, y_true)
        margin = ops.maximum(1.0 - signed_labels(self.name, y_true) * y_pred, 0.0)
        return ops.mean(ops.square(margin), -1)


def signed_labels(name: str, y_true: Tensor) -> Tensor:
    """Labels -1 and 1 as they are; labels 0 and 1 mapped to -1 and 1; anything else is an `ArgumentError`."""
    present = {float(value) for value in np.unique(y_true.numpy())}
    if present <= {-1.0, 1.0}:
        return y_true
    if present <= {0.0, 1.0}:
        return 2.0 * y_true - 1.0
    raise ArgumentError(f"{name}: labels must be -1 and 1, or 0 and 1, got the values {sorted(present)[:6]}")
