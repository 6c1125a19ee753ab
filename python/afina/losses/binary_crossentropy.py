"""Binary cross-entropy."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from .loss import Loss
from .smoothing import check_smoothing


class BinaryCrossentropy(Loss):
    """-(y log p + (1 - y) log(1 - p)), the mean over the last axis; finite for p in {0, 1}.

    y_true, y_pred: (n, ..., k), equal shapes, labels in [0, 1]; each of the k outputs is a yes or no of its
    own.
    `from_logits=True`: p = sigmoid(y_pred), computed without overflow. `label_smoothing=s` moves labels to
    y (1 - s) + s / 2.

    >>> from afina import losses, tensor
    >>> round(losses.binary_crossentropy(tensor([[1.0]]), tensor([[0.5]])).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "mean",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        check_smoothing(type(self).__name__, label_smoothing)
        self.from_logits = bool(from_logits)
        self.label_smoothing = label_smoothing

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The formula in force."""
        logits = "sigmoid of the outputs" if self.from_logits else "the outputs"
        return (
            f"-(y log p + (1 - y) log(1 - p)), p = {logits}, label smoothing {self.label_smoothing!r}, "
            "mean over the last axis"
        )

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        return ops.binary_crossentropy(
            y_true,
            y_pred,
            from_logits=self.from_logits,
            label_smoothing=self.label_smoothing,
            reduction=reduction,
            sample_weight=sample_weight,
        )

    def get_config(self) -> dict[str, Any]:
        names = ("from_logits", "label_smoothing")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Tensor:
    """One value per position: -(y log p + (1 - y) log(1 - p)), the mean over the last axis."""
    return BinaryCrossentropy(from_logits, label_smoothing, reduction="none")(y_true, y_pred)
