"""Cross-entropy against integer classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..refusal import numbers
from ..tensor import tensor
from .loss import Loss, shapes_differ


class SparseCategoricalCrossentropy(Loss):
    """-log p[label]; finite for p = 0.

    y_pred: (n, ..., classes). Labels are integers in [0, classes) of shape (n, ...), or the same with a last
    axis of 1: these are the two documented forms, anything else is a `ShapeError`; a label out of range is an
    `IndexRangeError`. Floats are taken when they are whole numbers. Positions whose label is `ignore_class`
    count nothing.

    >>> from afina import losses, tensor
    >>> round(losses.sparse_categorical_crossentropy([1], tensor([[0.5, 0.5]])).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "mean",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits = bool(from_logits)
        self.ignore_class = ignore_class

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The formula in force."""
        return f"-log p[label], p = {'softmax of the outputs' if self.from_logits else 'the outputs'}"

    def check_shapes(self, labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> None:
        if len(outputs) < 2 or labels not in (outputs[:-1], (*outputs[:-1], 1)):
            expected = f"{outputs[:-1]} or {(*outputs[:-1], 1)}"
            one_hot = "; these look one-hot: use categorical_crossentropy" if labels == outputs else ""
            raise ShapeError(
                f"{shapes_differ(labels, outputs, output)}; {self.name} takes integer labels of shape "
                f"{expected}{one_hot}"
            )

    def labels(self, y_true: Any, dtype: str) -> Tensor:  # noqa: ARG002 - integers, whatever the outputs are
        if isinstance(y_true, Tensor) and y_true.dtype in ("int32", "int64"):
            return y_true
        return tensor(whole_numbers(self.name, y_true))

    def labels_dtype(self, dtype: str) -> str | None:  # noqa: ARG002
        return "int64"

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        if y_true.ndim == y_pred.ndim:
            y_true = ops.reshape(y_true, y_true.shape[:-1])
        return ops.sparse_categorical_crossentropy(
            y_true,
            y_pred,
            from_logits=self.from_logits,
            ignore_class=self.ignore_class,
            reduction=reduction,
            sample_weight=sample_weight,
        )

    def get_config(self) -> dict[str, Any]:
        names = ("from_logits", "ignore_class")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def whole_numbers(name: str, values: Any) -> np.typing.NDArray[np.int64]:
    """Values as int64; floats must be whole, NaN is an `ArgumentError`."""
    array = np.asarray(numbers(name, "labels", values))
    if array.dtype.kind == "f":
        if np.isnan(array).any():
            raise ArgumentError(f"{name}: {int(np.isnan(array).sum())} of {array.size} labels are NaN")
        if (array != np.floor(array)).any():
            raise ArgumentError(
                f"{name}: labels must be whole numbers, got {array[array != np.floor(array)][0]!r}"
            )
    return np.asarray(array, dtype=np.int64)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None
) -> Tensor:
    """One value per position: -log p[label]."""
    return SparseCategoricalCrossentropy(from_logits, ignore_class, reduction="none")(y_true, y_pred)
