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
    """`values` with `masks`, given in the same structure; None leaves a value as it is."""
    if masks is None:
        return values
    if isinstance(values, dict):
        return {key: with_mask(value, masks[key]) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)([with_mask(v, m) for v, m in zip(values, masks, strict=True)])
    return MaskedTensor(values, masks)
