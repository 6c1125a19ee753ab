"""Tensors that know which of their time steps count."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._C import Tensor
from .errors import DTypeError, ShapeError
from .refusal import numbers
from .tensor import tensor


class MaskedTensor(Tensor):
    """A second handle to the array of `value`, with a mask: bools, False where a step is padding.

    Layers that make masks (Masking, Embedding with mask_zero=True) return it, layers that support masking
    pass it on, layers, losses and metrics that heed masks read it. The result of an op is a plain Tensor.
    `mask` has the leading axes of `value`; (batch, steps) for sequences.

    >>> from afina import tensor
    >>> x = MaskedTensor(tensor([[1.0, 2.0]]), tensor([[True, False]]))
    >>> x.mask.tolist(), type(x * 2.0).__name__
    ([[True, False]], 'Tensor')
    """

    def __init__(self, value: Tensor, mask: Any) -> None:
        super().__init__(value)
        self.mask = as_mask("MaskedTensor", mask)
        if self.mask.shape != value.shape[: self.mask.ndim]:
            raise ShapeError(
                f"MaskedTensor: mask must have the leading axes of values of shape {value.shape}, "
                f"got shape {self.mask.shape}"
            )


def as_mask(owner: str, mask: Any) -> Tensor:
    """`mask` as a tensor of bools; numbers count as True unless they are 0."""
    found = mask if isinstance(mask, Tensor) else tensor(np.asarray(numbers(owner, "mask", mask)) != 0)
    if found.dtype != "bool":
        raise DTypeError(f"{owner}: mask must be bool, got {found.dtype}")
    return found


def mask_of(value: Any) -> Tensor | None:
    """The mask of a tensor, or None."""
    return value.mask if isinstance(value, MaskedTensor) else None


def masked_weights(mask: Any, weights: Any, *, keep_mean: bool) -> Any:
    """Sample weights, or 1, made 0 where the mask (an array of bools) is False.

    With `keep_mean` the others grow by count / valid, so that a mean over all positions is one over the valid
    ones: Keras's rule.
    """
    kept = np.asarray(mask)
    factor = kept.size / max(int(kept.sum()), 1) if keep_mean else 1.0
    own = kept * factor
    if weights is None:
        return own
    given = np.asarray(weights)
    return own * given.reshape(given.shape + (1,) * (own.ndim - given.ndim))
