"""Which query may see which key: masks of the attention layers, joined into one."""

from __future__ import annotations

from .. import ops
from .._C import Tensor
from ..tensor import tensor


def joined_mask(parts: list[Tensor | None], shape: tuple[int, ...]) -> Tensor | None:
    """The parts, (batch, heads, queries, keys) or 1 on an axis, by `and`; None without any.

    The last axis of the result is that of `shape`, the shape of the scores.
    """
    mask = None
    for part in parts:
        if part is not None:
            mask = part if mask is None else ops.logical_and(mask, part)
    if mask is not None and mask.shape[-1] != shape[-1]:
        return ops.broadcast_to(mask, (*mask.shape[:-1], shape[-1]))
    return mask


def causal_mask(queries: int, keys: int) -> Tensor:
    """(1, 1, queries, keys): query t sees the keys up to t.

    >>> causal_mask(2, 3).tolist()
    [[[[True, False, False], [True, True, False]]]]
    """
    rows = ops.reshape(_count(queries), (1, 1, queries, 1))
    return ops.greater_equal(rows, ops.reshape(_count(keys), (1, 1, 1, keys)))


def _count(n: int) -> Tensor:
    return tensor(list(range(n)), "int64")


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """softmax over the last axis of what the mask lets through; zeros where it lets nothing through."""
    if mask is None:
        return ops.softmax(scores)
    weights = ops.softmax(ops.where(mask, scores, _LOWEST))
    return ops.where(mask, weights, 0.0)


_LOWEST = -1e30  # finite, so that a row without any key has no NaN
