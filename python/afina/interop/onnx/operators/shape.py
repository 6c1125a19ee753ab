"""Shapes: the same elements elsewhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import (
    Image,
    Value,
    axes_of,
    broadcast_to,
    concatenate,
    dtype_of,
    host,
    ints,
    moved,
    reshape,
    scalar,
    sliced,
    transpose,
)


@operator("Identity", images=True)
def identity(context: Context, x: Value) -> Value:
    """x."""
    del context
    return x


@operator("Shape", images=True)
def shape(context: Context, x: Value) -> Value:
    """The sizes of the axes, as int64."""
    return np.array(x.shape[context.get("start", 0) : context.get("end")], np.int64)


@operator("Size", images=True)
def size(context: Context, x: Value) -> Value:
    """The number of elements."""
    del context
    return np.array(math.prod(x.shape), np.int64)


@operator("Reshape")
def reshaped(context: Context, x: Value, shape: Value = None) -> Value:
    """Another shape; 0 keeps a size (but with allowzero=1 is 0), -1 is what is left."""
    wanted = ints(shape) if shape is not None else list(context.need("shape"))
    if not context.get("allowzero", 0):
        wanted = [x.shape[i] if n == 0 and i < x.ndim else n for i, n in enumerate(wanted)]
    return reshape(x, wanted)


@operator("Flatten")
def flatten(context: Context, x: Value) -> Value:
    """A matrix: the axes before `axis`, and those from it on."""
    axis = context.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return reshape(x, [math.prod(x.shape[:axis]), math.prod(x.shape[axis:])])


@operator("Transpose", images=True)
def transposed(context: Context, x: Value) -> Value:
    """The axes in another order; an image that is asked for channels-last has been so already."""
    axes = context.get("perm", list(range(len(x.shape)))[::-1])
    if isinstance(x, Image):
        if list(axes) == [0, *range(2, len(x.shape)), 1]:
            return x.last
        x = x.first
    if isinstance(x, Tensor) and x.ndim > 2 and list(axes) == [0, x.ndim - 1, *range(1, x.ndim - 1)]:
        return Image(x)
    return transpose(x, axes)


@operator("Squeeze")
def squeeze(context: Context, x: Value, axes: Value = None) -> Value:
    """Without axes of size one."""
    given = ints(axes) if axes is not None else context.get("axes")
    drop = axes_of(given, x.ndim) if given is not None else [i for i, n in enumerate(x.shape) if n == 1]
    if any(x.shape[i] != 1 for i in drop):
        context.refuse(f"axes {drop} of shape {tuple(x.shape)} must have size 1")
    return reshape(x, [n for i, n in enumerate(x.shape) if i not in drop])


@operator("Unsqueeze")
def unsqueeze(context: Context, x: Value, axes: Value = None) -> Value:
    """With new axes of size one."""
    given = ints(axes) if axes is not None else context.need("axes")
    ndim = x.ndim + len(given)
    new = set(axes_of(given, ndim))
    rest = iter(x.shape)
    return reshape(x, [1 if i in new else next(rest) for i in range(ndim)])


@operator("Concat", images=True)
def concat(context: Context, *inputs: Value) -> Value:
    """The inputs behind one another."""
    axis = context.get("axis", 1)
    if all(isinstance(v, Image) for v in inputs):
        places = [0, inputs[0].last.ndim - 1, *range(1, inputs[0].last.ndim - 1)]
        return Image(ops.concatenate([v.last for v in inputs], places[axis]))
    return concatenate([v.first if isinstance(v, Image) else v for v in inputs], axis)


@operator("Split")
def split(context: Context, x: Value, sizes: Value = None) -> tuple[Value, ...]:
    """Cut along an axis, into the sizes given or equal ones (the last one smaller)."""
    axis = context.get("axis", 0) % x.ndim
    given = ints(sizes) if sizes is not None else context.get("split")
    if given is None:
        count = context.get("num_outputs", context.outputs)
        part = -(-x.shape[axis] // count)
        given = [part] * (count - 1) + [x.shape[axis] - part * (count - 1)]
    ends = np.cumsum(given)
    if ends[-1] != x.shape[axis]:
        context.refuse(f"the sizes {given} must add up to {x.shape[axis]}")
    return tuple([sliced(x, axis, int(e) - n, int(e)) for e, n in zip(ends, given, strict=True)])


@operator("Slice")
def slices(
    context: Context,
    x: Value,
    starts: Value = None,
    ends: Value = None,
    axes: Value = None,
    steps: Value = None,
) -> Value:
    """x[starts:ends:steps] along axes; until opset 9 from attributes."""
    begin = ints(starts) if starts is not None else context.need("starts")
    end = ints(ends) if ends is not None else context.need("ends")
    at = ints(axes) if axes is not None else context.get("axes", range(len(begin)))
    by = ints(steps) if steps is not None else [1] * len(begin)
    cuts = [slice(None)] * x.ndim
    for axis, first, last, step in zip(axes_of(at, x.ndim), begin, end, by, strict=True):
        stop = None if step < 0 and last < -x.shape[axis] else last
        cuts[axis] = slice(first, stop, step)
    if isinstance(x, Tensor) and all(c.step is None or c.step > 0 for c in cuts):
        whole = [c.indices(n) for c, n in zip(cuts, x.shape, strict=True)]
        return ops.slice(x, *[list(part) for part in zip(*whole, strict=True)]) if whole else x
    return moved(x, lambda a: a[tuple(cuts)])


@operator("Expand")
def expand(context: Context, x: Value, shape: Value) -> Value:
    """Broadcast with `shape`."""
    del context
    return broadcast_to(x, np.broadcast_shapes(tuple(x.shape), tuple(ints(shape))))


@operator("Tile")
def tile(context: Context, x: Value, repeats: Value) -> Value:
    """Repeated along each axis."""
    del context
    return moved(x, lambda a: np.tile(a, ints(repeats)))


@operator("Pad")
def pad(context: Context, x: Value, pads: Value = None, value: Value = None, axes: Value = None) -> Value:
    """More around the edges, or less where a number is negative; constant, reflect, edge or wrap."""
    given = ints(pads) if pads is not None else list(context.get("pads", context.get("paddings")))
    at = axes_of(ints(axes), x.ndim) if axes is not None else list(range(x.ndim))
    around = [(0, 0)] * x.ndim
    for axis, before, after in zip(at, given[: len(at)], given[len(at) :], strict=True):
        around[axis] = (before, after)
    for axis, (before, after) in enumerate(around):
        stop = x.shape[axis] + min(after, 0)
        if before < 0 or after < 0:
            x = sliced(x, axis, max(-before, 0), max(stop, 0))
    around = [(max(before, 0), max(after, 0)) for before, after in around]
    mode = context.get("mode", "constant")
    if mode != "constant":
        return moved(x, lambda a: np.pad(a, around, mode=mode))
    fill = scalar(value, context.get("value", 0.0))
    if isinstance(x, Tensor):
        return ops.pad(x, around, fill)
    return np.pad(x, around, constant_values=np.asarray(fill).astype(x.dtype))


@operator("CenterCropPad")
def center_crop_pad(context: Context, x: Value, shape: Value) -> Value:
    """Cut or padded with zeros around the middle, to `shape`."""
    at = axes_of(context.get("axes", range(x.ndim)), x.ndim)
    around = [(0, 0)] * x.ndim
    for axis, wanted in zip(at, ints(shape), strict=True):
        have = x.shape[axis]
        if wanted < have:
            start = (have - wanted) // 2
            x = sliced(x, axis, start, start + wanted)
        elif wanted > have:
            before = (wanted - have) // 2
            around[axis] = (before, wanted - have - before)
    return ops.pad(x, around) if isinstance(x, Tensor) else np.pad(x, around)


@operator("DepthToSpace")
def depth_to_space(context: Context, x: Value) -> Value:
    """Channels into blocks of pixels; mode DCR or CRD."""
    n, c, h, w = x.shape
    b = context.need("blocksize")
    if context.get("mode", "DCR") == "DCR":
        split_up, order = [n, b, b, c // (b * b), h, w], [0, 3, 4, 1, 5, 2]
    else:
        split_up, order = [n, c // (b * b), b, b, h, w], [0, 1, 4, 2, 5, 3]
    return reshape(transpose(reshape(x, split_up), order), [n, c // (b * b), h * b, w * b])


@operator("SpaceToDepth")
def space_to_depth(context: Context, x: Value) -> Value:
    """Blocks of pixels into channels."""
    n, c, h, w = x.shape
    b = context.need("blocksize")
    if context.get("mode", "DCR") == "DCR":
        order, parts = [0, 3, 5, 1, 2, 4], [n, c, h // b, b, w // b, b]
    else:
        order, parts = [0, 1, 3, 5, 2, 4], [n, c, h // b, b, w // b, b]
    return reshape(transpose(reshape(x, parts), order), [n, c * b * b, h // b, w // b])


@operator("ReverseSequence")
def reverse_sequence(context: Context, x: Value, lengths: Value) -> Value:
    """The first lengths[b] steps of each sequence b backwards."""
    batch, time = context.get("batch_axis", 1), context.get("time_axis", 0)

    def turned(a: Any) -> Any:
        rows = np.moveaxis(a, (batch, time), (0, 1)).copy()
        for row, length in zip(rows, ints(lengths), strict=True):
            row[:length] = row[:length][::-1].copy()
        return np.moveaxis(rows, (0, 1), (batch, time))

    return moved(x, turned)


@operator("Trilu")
def triangle(context: Context, x: Value, k: Value = None) -> Value:
    """The upper or lower triangle of each matrix, the rest 0."""
    keep = np.ones(x.shape[-2:], bool)
    keep = np.triu(keep, scalar(k, 0)) if context.get("upper", 1) else np.tril(keep, scalar(k, 0))
    if isinstance(x, Tensor):
        from ....tensor import tensor

        return ops.where(tensor(keep), x, x * 0.0)
    return np.where(keep, x, np.zeros((), dtype_of(x)))


@operator("Compress")
def compress(context: Context, x: Value, condition: Value) -> Value:
    """Where the condition holds, along an axis or of all elements in a row."""
    keep, axis = host(condition).astype(bool), context.get("axis")
    return moved(x, lambda a: np.compress(keep, a, axis))
