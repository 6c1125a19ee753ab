"""Lists, tuples and dicts of arrays as flat lists, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._C import Tensor
from ..errors import ArgumentError, DTypeError, ShapeError

Pack = Callable[[list[Any]], Any]


def as_array(value: Any, what: str) -> Any:
    """A NumPy array or a Tensor stays itself; lists, scalars and data frames become arrays."""
    try:
        array = value if isinstance(value, (Tensor, np.ndarray)) else np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{what}: makes no array, its rows differ in length") from error
    if isinstance(array, np.ndarray) and array.dtype.kind not in "fiub":
        raise DTypeError(f"{what}: expected numbers, got dtype {array.dtype}")
    if not array.shape:
        raise ShapeError(f"{what}: expected an array with one entry per sample, got a single number")
    return array


def is_list_of_arrays(value: Any) -> bool:
    """Whether this is several arrays, and not one array written as nested lists."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, (np.ndarray, Tensor)) for item in value)


def flatten(value: Any, names: Sequence[str], what: str) -> tuple[list[Any], list[str] | None]:
    """Arrays in the order of `names`, and the keys of a dict when the names are not known beforehand."""
    if isinstance(value, dict):
        if not names:
            keys = [str(key) for key in value]
            return [as_array(item, f"{what}[{key!r}]") for key, item in value.items()], keys
        unknown = [key for key in value if key not in names]
        missing = [name for name in names if name not in value]
        if unknown or missing:
            raise ArgumentError(f"{what}: has the keys {list(value)} but the model's names are {list(names)}")
        return [as_array(value[name], f"{what}[{name!r}]") for name in names], None
    if is_list_of_arrays(value):
        if len(names) == 1 and len(value) != 1:
            return [as_array(np.stack([np.asarray(item) for item in value]), what)], None
        if names and len(value) != len(names):
            raise ArgumentError(f"{what}: {len(value)} arrays for {len(names)} ({', '.join(names)})")
        return [as_array(item, f"{what}[{index}]") for index, item in enumerate(value)], None
    return [as_array(value, what)], None


def packer(count: int, keys: list[str] | None, as_list: bool) -> Pack:
    """How flat inputs are handed to the model: alone, as a list, or as the dict they came in."""
    if keys is not None:
        return lambda flat: dict(zip(keys, flat, strict=True))
    if count == 1 and not as_list:
        return lambda flat: flat[0]
    return list


def flat_outputs(outputs: Any, names: Sequence[str]) -> list[Tensor]:
    """The model's outputs as a list in the order of `names`."""
    if isinstance(outputs, dict):
        return [outputs[name] for name in names] if names else list(outputs.values())
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def sample_count(arrays: Sequence[tuple[str, Any]]) -> int:
    """The common number of samples; `ShapeError` names the two that differ."""
    first_name, first = arrays[0]
    for name, array in arrays[1:]:
        if array.shape[0] != first.shape[0]:
            raise ShapeError(
                f"{first_name} has {first.shape[0]} samples (shape {tuple(first.shape)}) "
                f"but {name} has {array.shape[0]} (shape {tuple(array.shape)})"
            )
    if first.shape[0] == 0:
        raise ShapeError(f"{first_name} has no samples: shape {tuple(first.shape)}")
    return int(first.shape[0])
