"""The masks of tensors in lists, tuples and dicts."""

from __future__ import annotations

from typing import Any

from ..masked import MaskedTensor, mask_of
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
