"""Sequences (lists of values) and optionals (a value or None)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import Context, operator
from ..values import Value, concatenate, host, ints, reshape, scalar, sliced, stack


@operator("SequenceEmpty")
def empty(context: Context) -> Value:
    """No values."""
    del context
    return []


@operator("SequenceConstruct")
def construct(context: Context, *inputs: Value) -> Value:
    """The inputs."""
    del context
    return list(inputs)


@operator("SequenceLength")
def length(context: Context, values: Value) -> Value:
    """How many."""
    del context
    return np.array(len(values), np.int64)


def _place(context: Context, values: list[Any], position: Value, limit: int) -> int:
    at = scalar(position, len(values) if limit > len(values) - 1 else -1)
    if not -len(values) <= at <= limit:
        context.refuse(f"position {at} lies outside a sequence of {len(values)}")
    return int(at)


@operator("SequenceAt")
def at(context: Context, values: Value, position: Value) -> Value:
    """One value."""
    return values[_place(context, values, position, len(values) - 1)]


@operator("SequenceInsert")
def insert(context: Context, values: Value, value: Value, position: Value = None) -> Value:
    """With a value more, before `position` or at the end."""
    result = list(values)
    result.insert(_place(context, values, position, len(values)), value)
    return result


@operator("SequenceErase")
def erase(context: Context, values: Value, position: Value = None) -> Value:
    """With a value less, that at `position` or the last."""
    result = list(values)
    result.pop(_place(context, values, position, len(values) - 1))
    return result


@operator("SplitToSequence")
def split_to_sequence(context: Context, x: Value, split: Value = None) -> Value:
    """Cut along an axis: into single entries, pieces of a size, or pieces of given sizes."""
    axis = context.get("axis", 0) % x.ndim
    size = x.shape[axis]
    if split is None:
        sizes = [1] * size
    elif host(split).ndim == 0:
        sizes = [min(scalar(split), size - start) for start in range(0, size, scalar(split))]
    else:
        sizes = ints(split)
    ends = np.cumsum(sizes)
    parts = [sliced(x, axis, int(e) - n, int(e)) for e, n in zip(ends, sizes, strict=True)]
    if split is None and not context.get("keepdims", 1):
        parts = [reshape(p, [*x.shape[:axis], *x.shape[axis + 1 :]]) for p in parts]
    return parts


@operator("ConcatFromSequence")
def concat_from_sequence(context: Context, values: Value) -> Value:
    """The values behind one another, along an axis or (new_axis=1) a new one."""
    function = stack if context.get("new_axis", 0) else concatenate
    return function(values, context.need("axis"))


@operator("Optional")
def optional(context: Context, value: Value = None) -> Value:
    """The value, or nothing."""
    del context
    return value


@operator("OptionalHasElement")
def has_element(context: Context, value: Value = None) -> Value:
    """Is there a value?"""
    del context
    return np.array(value is not None)


@operator("OptionalGetElement")
def get_element(context: Context, value: Value) -> Value:
    """The value."""
    return context.refuse("the optional is empty") if value is None else value
