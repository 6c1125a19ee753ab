"""A loss over the labels that are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from ..refusal import numbers
from ..tensor import tensor
from .categorical_crossentropy import CategoricalCrossentropy
from .cosine_similarity import CosineSimilarity
from .kl_divergence import KLDivergence
from .loss import Loss, LossFunction, fit_weights
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy

# Their value belongs to a whole row of labels, so that a row with a missing one is missing.
OF_ROWS = (
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    KLDivergence,
    CosineSimilarity,
    LossFunction,
)


class MaskedLoss(Loss):
    """`loss` over the known labels only; unknown ones are marked by NaN, or by the number `missing`.

    For a multi-task net whose examples have some of the labels (deck D2). by="entry": each label counts
    alone, and `mean` divides by the number of known labels of the batch; by="sample": a row with an unknown
    label counts as unknown, `mean` divides by the number of known rows. By default entries, and rows for the
    losses of distributions (cross-entropy over classes, KL divergence, cosine) and functions. With nothing
    known the loss and its gradient are 0. `sample_weight` may also have the labels' shape: a mask of 0 and 1,
    say.

    Without this class a NaN label is an error.

    >>> from afina import losses, tensor
    >>> known = losses.MaskedLoss("mse")
    >>> known([[1.0, float("nan")], [0.0, 2.0]], tensor([[0.0, 9.0], [0.0, 0.0]])).item()
    1.66666...
    """

    def __init__(
        self,
        loss: Any,
        missing: float | None = None,
        by: str | None = None,
        reduction: str | None = "mean",
        name: str | None = None,
    ) -> None:
        from . import get

        inner = get(loss)
        if inner is None or isinstance(inner, MaskedLoss):
            raise ArgumentError(f"MaskedLoss: loss must be a loss of labels and outputs, got {loss!r}")
        if by not in (None, "entry", "sample"):
            raise ArgumentError(f'MaskedLoss: by must be None, "entry" or "sample", got {by!r}')
        if by == "entry" and isinstance(inner, SparseCategoricalCrossentropy):
            raise ArgumentError(f'MaskedLoss: by="entry" does not fit {inner.name}: a row has one label')
        super().__init__(reduction, name or f"masked_{inner.name}")
        self.loss = inner
        self.missing = missing
        self.by = by or ("sample" if isinstance(inner, OF_ROWS) else "entry")

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The formula in force."""
        mark = "NaN" if self.missing is None else f"{self.missing:g}"
        what = "labels" if self.by == "entry" else "rows"
        return f"({self.loss.formula or self.loss.name}) over the {what} that are not {mark}"

    def labels(self, y_true: Any, dtype: str) -> Tensor:
        """The labels with their marks."""
        given = numbers(self.name, "labels", y_true)
        array = given.numpy() if isinstance(given, Tensor) else np.asarray(given)
        whole = isinstance(self.loss, SparseCategoricalCrossentropy) and array.dtype.kind in "iu"
        return tensor(array if whole else array.astype(dtype))

    def check_shapes(self, labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> None:
        self.loss.check_shapes(labels, outputs, output)

    def evaluate(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None, output: str = "output"
    ) -> Tensor:
        self.check_shapes(y_true.shape, y_pred.shape, output)
        marked = y_true.numpy()
        known = ~np.isnan(marked) if self.missing is None else marked != self.missing
        filled = np.where(known, marked, np.zeros((), marked.dtype))
        if isinstance(self.loss, SparseCategoricalCrossentropy):
            filled = filled.astype(np.int64)
        labels = self.loss.labels(tensor(filled), y_pred.dtype)
        if self.by == "entry":
            values = self.loss.compute(_column(labels), _column(y_pred), "none", None)
            known, values = known.reshape(y_pred.shape), ops.reshape(values, y_pred.shape)
        else:
            values = self.loss.compute(labels, y_pred, "none", None)
            extra = tuple(range(values.ndim, known.ndim))
            known = known.all(axis=extra) if extra else known
        weights = tensor(known.astype(y_pred.dtype))
        if sample_weight is not None:
            weights = ops.multiply(weights, self._spread(sample_weight, y_pred.shape, values.shape, output))
        values = ops.multiply(values, weights)
        if self.reduction == "none":
            return values
        total = ops.sum(values)
        return total * (1.0 / max(int(known.sum()), 1)) if self.reduction == "mean" else total

    def _spread(
        self, weights: Tensor, outputs: tuple[int, ...], values: tuple[int, ...], output: str
    ) -> Tensor:
        """Sample weights in the shape of the values."""
        if weights.shape == values:
            return weights
        fitted = fit_weights(weights, outputs[:-1], output)
        if len(values) == len(outputs):
            return ops.broadcast_to(ops.reshape(fitted, (*outputs[:-1], 1)), outputs)
        return fitted

    def get_config(self) -> dict[str, Any]:
        from . import serialize

        own = {"loss": serialize(self.loss), "missing": self.missing, "by": self.by}
        return {**own, **super().get_config()}


def _column(x: Tensor) -> Tensor:
    """Every entry as a row of its own."""
    return ops.reshape(x, (x.size, 1))
