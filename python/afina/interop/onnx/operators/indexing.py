"""Reading and writing by index; negative indices count from the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor
from ..registry import Context, operator
from ..values import Array, Value, as_tensor, concatenate, host, ints, moved, reshape, scalar, taken


def _within(context: Context, indices: Value, size: int) -> Array:
    """Indices from the front; refused where they lie outside [-size, size)."""
    found = host(indices).astype(np.int64)
    if found.size and (found.min() < -size or found.max() >= size):
        context.refuse(f"indices must be in [-{size}, {size}), got {found.min()} to {found.max()}")
    return np.where(found < 0, found + size, found)


@operator("Gather")
def gather(context: Context, x: Value, indices: Value) -> Value:
    """The entries along an axis that the indices name."""
    axis = context.get("axis", 0) % x.ndim
    at = _within(context, indices, x.shape[axis])
    return ops.gather(x, tensor(at), axis) if isinstance(x, Tensor) else np.take(x, at, axis)


@operator("GatherElements")
def gather_elements(context: Context, x: Value, indices: Value) -> Value:
    """x at the indices along an axis, and elsewhere at the index's own place."""
    axis = context.get("axis", 0) % x.ndim
    at = _within(context, indices, x.shape[axis])
    return moved(x, lambda a: a[_around(at, axis)])


def _around(at: Array, axis: int) -> Any:
    """Open index arrays of `at`, with `at` itself along `axis`."""
    grids: Any = np.indices(at.shape, sparse=True)
    return tuple([at if i == axis else grid for i, grid in enumerate(grids)])


@operator("GatherND")
def gather_nd(context: Context, x: Value, indices: Value) -> Value:
    """The slices of x that the last axis of the indices names, batch by batch."""
    batch = context.get("batch_dims", 0)
    at = host(indices)

    def picked(a: Array) -> Any:
        if not batch:
            return a[tuple(np.moveaxis(at, -1, 0))]
        head = a.shape[:batch]
        a, flat = a.reshape((-1, *a.shape[batch:])), at.reshape((-1, *at.shape[batch:]))
        rows = [row[tuple(np.moveaxis(i, -1, 0))] for row, i in zip(a, flat, strict=True)]
        return np.stack(rows).reshape((*head, *rows[0].shape))

    return moved(x, picked)


def written(context: Context, x: Value, flat: Array, updates: Value) -> Value:
    """x with updates at the flat positions, combined by `reduction`; both have gradients.

    One pass writes a position at most once, so repeated ones take several.
    """
    mode = context.get("reduction", "none")
    if not isinstance(x, Tensor):
        result = x.copy().reshape(-1)
        by = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
        if mode == "none":
            result[flat.reshape(-1)] = host(updates).reshape(-1)
        else:
            by[mode].at(result, flat.reshape(-1), host(updates).reshape(-1))
        return result.reshape(x.shape)
    combine = {"add": ops.add, "mul": ops.multiply, "max": ops.maximum, "min": ops.minimum}.get(mode)
    result = ops.reshape(x, [-1])
    values = ops.reshape(as_tensor(updates, x), [-1])
    remaining = np.arange(flat.size)
    positions = flat.reshape(-1)
    while remaining.size:
        _, first = np.unique(positions[remaining], return_index=True)
        now = remaining[first]
        source = np.arange(x.size)
        source[positions[now]] = x.size + np.arange(now.size)
        new = taken(values, now)
        if combine is not None:
            new = combine(taken(result, positions[now]), new)
        result = taken(concatenate([result, new], 0), source)
        remaining = np.delete(remaining, first)
    return reshape(result, list(x.shape))


@operator("ScatterElements", "Scatter")
def scatter_elements(context: Context, x: Value, indices: Value, updates: Value) -> Value:
    """x with the updates written where GatherElements would read."""
    axis = context.get("axis", 0) % x.ndim
    at = _within(context, indices, x.shape[axis])
    flat = np.arange(x.size).reshape(x.shape)[_around(at, axis)]
    return written(context, x, flat, updates)


@operator("ScatterND")
def scatter_nd(context: Context, x: Value, indices: Value, updates: Value) -> Value:
    """x with the updates written where GatherND would read."""
    flat = np.arange(x.size).reshape(x.shape)[tuple(np.moveaxis(host(indices), -1, 0))]
    return written(context, x, flat, updates)


@operator("OneHot")
def one_hot(context: Context, indices: Value, depth: Value, values: Value) -> Value:
    """values[1] at the index along a new axis and values[0] elsewhere; indices outside give only those."""
    count = int(scalar(depth))
    at = host(indices).astype(np.int64)
    at = np.where(at < 0, at + count, at)
    axis = context.get("axis", -1)
    axis = axis + at.ndim + 1 if axis < 0 else axis
    numbers = np.arange(count).reshape([-1 if i == axis else 1 for i in range(at.ndim + 1)])
    hot = (np.expand_dims(at, axis) == numbers).astype(np.int64)
    return taken(values, hot)


@operator("TensorScatter")
def tensor_scatter(context: Context, past: Value, update: Value, write: Value = None) -> Value:
    """A cache with the update written from write[b] on along an axis, linear or around its end."""
    axis = context.get("axis", -2) % past.ndim
    starts = ints(write) if write is not None else [0] * past.shape[0]
    steps = np.arange(update.shape[axis])
    at = np.stack([s + steps for s in starts])
    if context.get("mode", "linear") == "circular":
        at = at % past.shape[axis]
    wide = [1] * past.ndim
    wide[0], wide[axis] = at.shape
    at = np.broadcast_to(at.reshape(wide), update.shape)
    flat = np.arange(past.size).reshape(past.shape)[_around(at, axis)]
    return written(context, past, flat, update)
