"""What a layer is called with, as tensors of its dtype where its weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._C import Tensor
from ..errors import AfinaError, DTypeError
from ..tensor import tensor
from .nested import leaves, map_nested

if TYPE_CHECKING:
    from .weights import WeightOwner

FLOATS = ("float32", "float64")


def to_tensors(owner: WeightOwner, inputs: Any) -> Any:
    """Arrays and numbers become tensors; floating arrays take the owner's dtype."""
    if isinstance(inputs, list | tuple) and not any(
        isinstance(leaf, Tensor | np.ndarray) for leaf in leaves(inputs)
    ):
        inputs = _array(owner, inputs)
    return map_nested(lambda leaf: to_tensor(owner, leaf), inputs)


def to_tensor(owner: WeightOwner, value: Any) -> Any:
    """A leaf of the inputs as a tensor; None stays None."""
    if value is None or isinstance(value, Tensor):
        return value
    array = _array(owner, value)
    try:
        return tensor(array, owner.dtype if array.dtype.kind == "f" else None, device=owner.device)
    except AfinaError as error:
        raise type(error)(f"{owner.label}: inputs of shape {array.shape}: {error}") from error


def array_to_tensor(owner: WeightOwner, value: Any) -> Any:
    """A further argument of `call`: arrays become tensors, all else stays."""
    return to_tensor(owner, value) if isinstance(value, np.ndarray) else value


def cast(owner: WeightOwner, value: Any) -> Any:
    """A tensor of another floating type than the owner's weights is brought to theirs."""
    if isinstance(value, Tensor) and value.dtype != owner.dtype and value.dtype in FLOATS:
        return value.astype(owner.dtype)
    return value


def _array(owner: WeightOwner, value: Any) -> np.ndarray[Any, Any]:
    """Numbers in nested lists, or anything NumPy takes, as an array."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DTypeError(
            f"{owner.label}: inputs must be numbers in rows of equal lengths: {error}"
        ) from error
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{owner.label}: inputs must be real numbers, got an array of {array.dtype}")
    return array
