"""The masks of tensors in lists, tuples and dicts."""

from __future__ import annotations

from typing import Any

from .._C import Tensor
from ..errors import ShapeError
from ..masked import MaskedTensor, as_mask, mask_of
from .nested import leaves, map_nested


def masks_of(values: Any) -> Any:
    """The masks in the structure of `values`; None when there is not one."""
    if not any(isinstance(leaf, MaskedTensor) for leaf in leaves(values)):
        return None
    return map_nested(mask_of, values)


def with_mask(values: Any, masks: Any) -> Any:
    """`values` with `masks`, leaf by leaf; None, and what there is no mask for, leaves a value as it is."""
    rest = leaves(masks)

    def joined(value: Any) -> Any:
        mask = next(rest, None)
        return value if mask is None else MaskedTensor(value, mask)

    return map_nested(joined, values)


def mask_of_rank(owner: str, argument: str, mask: Any, rank: int) -> Tensor | None:
    """A mask as a tensor of bools with `rank` axes; None stays None."""
    if mask is None:
        return None
    found = as_mask(f"{owner}, {argument}", mask)
    if found.ndim != rank:
        raise ShapeError(f"{owner}: {argument} needs {rank} axes, got shape {found.shape}")
    return found
