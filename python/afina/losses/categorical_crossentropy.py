"""Cross-entropy against one-hot labels or distributions."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ShapeError
from .loss import Loss
from .smoothing import check_smoothing


class CategoricalCrossentropy(Loss):
    """-sum(y_true * log p) over the last axis; finite for p = 0.

    y_true, y_pred: (n, ..., classes), equal shapes, labels one-hot or a distribution. Probabilities are
    divided by their sum; with `from_logits=True` p = softmax(y_pred). `label_smoothing=s`: y (1 - s) + s /
    classes.

    >>> from afina import losses, tensor
    >>> round(losses.categorical_crossentropy(tensor([[0.0, 1.0]]), tensor([[0.5, 0.5]])).item(), 4)
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
        p = "softmax of the outputs" if self.from_logits else "the outputs"
        return f"-sum(y log p) over the last axis, p = {p}, label smoothing {self.label_smoothing!r}"

    def check_shapes(self, labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> None:
        super().check_shapes(labels, outputs, output)
        if outputs[-1:] == (1,):
            raise ShapeError(
                f"output {output!r} has shape {outputs}: {self.name} over a single class is always 0; "
                "use binary_crossentropy, or give the output one unit per class"
            )

    def hint(self, labels: tuple[int, ...], outputs: tuple[int, ...]) -> str:
        if labels in (outputs[:-1], (*outputs[:-1], 1)):
            return (
                "; these look like integer classes: use sparse_categorical_crossentropy, "
                f"or to_categorical(labels, {outputs[-1]})"
            )
        if labels[:-1] == outputs[:-1]:
            return (
                f"; the labels have {labels[-1]} classes, the output has {outputs[-1]} units: "
                f"end the model with {labels[-1]} units"
            )
        return super().hint(labels, outputs)

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        return ops.categorical_crossentropy(
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


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Tensor:
    """One value per position: -sum(y_true * log p) over the last axis."""
    return CategoricalCrossentropy(from_logits, label_smoothing, reduction="none")(y_true, y_pred)
