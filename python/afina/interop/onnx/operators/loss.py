"""Losses over class axis 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor
from ..registry import Context, operator
from ..values import Value, as_tensor, host
from .reduction import as_index


def _negative_log_likelihood(context: Context, likely: Tensor, labels: Value, weight: Value) -> Tensor:
    """-weight[label] log p[label]; ignored labels count nothing, neither in the sum nor in the mean."""
    wanted = host(labels).astype(np.int64)
    ignored = context.get("ignore_index")
    kept = np.ones(wanted.shape, bool) if ignored is None else wanted != ignored
    classes = likely.shape[1]
    at = np.where(kept, wanted, 0)
    if at.size and (at.min() < 0 or at.max() >= classes):
        context.refuse(f"labels must be in [0, {classes}), got {at.min()} to {at.max()}")
    chosen = ops.squeeze(ops.take_along_axis(likely, as_index(np.expand_dims(at, 1)), 1), 1)
    factors = tensor(kept.astype(likely.dtype))
    if weight is not None:
        factors = factors * ops.reshape(
            ops.gather(as_tensor(weight, likely), as_index(at.reshape(-1))), list(at.shape)
        )
    losses = -chosen * factors
    reduction = context.get("reduction", "mean")
    if reduction == "none":
        return losses
    return ops.sum(losses) / ops.sum(factors) if reduction == "mean" else ops.sum(losses)


@operator("NegativeLogLikelihoodLoss")
def negative_log_likelihood(context: Context, x: Value, labels: Value, weight: Value = None) -> Tensor:
    """The loss of log-probabilities (n, classes, ...) for labels (n, ...)."""
    return _negative_log_likelihood(context, as_tensor(x), labels, weight)


@operator("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy(context: Context, scores: Value, labels: Value, weight: Value = None) -> Any:
    """The loss of logits (n, classes, ...) for labels (n, ...), and the log-probabilities."""
    likely = ops.log_softmax(as_tensor(scores), 1)
    return _negative_log_likelihood(context, likely, labels, weight), likely
