"""Pooling."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor
from ..registry import Context, operator
from ..values import Array, Image, Value, as_tensor, channels_first, channels_last, host, ints, plain
from .windows import Windows, windows_of, with_ceiling


def _geometry(context: Context, x: Value) -> Windows:
    space = tuple(x.shape[2:])
    windows = windows_of(context, space, tuple(context.need("kernel_shape")))
    return with_ceiling(windows, space) if context.get("ceil_mode", 0) else windows


def _places(x: Tensor, windows: Windows, fill: float) -> list[Tensor]:
    """For each place of a window, what all windows see there: x (n, c, ...) padded, shifted and strided."""
    padded = ops.pad(x, [(0, 0), (0, 0), *windows.pads], fill)
    counts = [
        (size - span) // stride + 1
        for size, span, stride in zip(padded.shape[2:], windows.spans(), windows.strides, strict=True)
    ]
    found = []
    for place in itertools.product(*[range(k) for k in windows.kernel]):
        starts = [p * d for p, d in zip(place, windows.dilations, strict=True)]
        stops = [a + (n - 1) * s + 1 for a, n, s in zip(starts, counts, windows.strides, strict=True)]
        head = list(padded.shape[:2])
        found.append(ops.slice(padded, [0, 0, *starts], [*head, *stops], [1, 1, *windows.strides]))
    return found


@operator("MaxPool", images=True)
def max_pool(context: Context, x: Value) -> Value:
    """The largest of each window, and (asked for) its position in x."""
    windows = _geometry(context, x)
    if not isinstance(plain(x), Tensor):
        pooled = max_pool(context, as_tensor(x))
        return host(pooled).astype(x.dtype)
    fits = windows.plain and context.outputs == 1
    if fits and all(max(p) < k for p, k in zip(windows.pads, windows.kernel, strict=True)):
        pads: list[Sequence[int]] = [*windows.pads]
        return Image(ops.max_pool2d(channels_last(x), list(windows.kernel), list(windows.strides), pads))
    first = as_tensor(plain(x))
    largest = functools.reduce(ops.maximum, _places(first, windows, -np.inf))
    if context.outputs == 1:
        return largest
    positions = _positions(first, windows, bool(context.get("storage_order", 0)))
    seen = np.stack([host(place) for place in _places(first, windows, -np.inf)])
    chosen = np.take_along_axis(positions, seen.argmax(0)[None], 0)[0]
    return largest, chosen


def _positions(x: Tensor, windows: Windows, column_major: bool) -> Array:
    """For each place of a window, the index in the flat x of what it sees."""
    space = x.shape[2:]
    flat = np.arange(int(np.prod(space))).reshape(space, order="F" if column_major else "C")
    numbers = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * len(space)) * flat.size + flat
    return np.stack([host(p) for p in _places(tensor(numbers.astype(np.float64)), windows, 0)]).astype(
        np.int64
    )


@operator("AveragePool", images=True)
def average_pool(context: Context, x: Value) -> Value:
    """The mean of each window, with or without its padding."""
    windows = _geometry(context, x)
    padded = any(max(p) for p in windows.pads)
    counted = bool(context.get("count_include_pad", 0))
    small = all(max(p) < k for p, k in zip(windows.pads, windows.kernel, strict=True))
    if windows.plain and small and not (padded and counted):
        pads: list[Sequence[int]] = [*windows.pads]
        return Image(ops.average_pool2d(channels_last(x), list(windows.kernel), list(windows.strides), pads))
    first = as_tensor(plain(x))
    total = functools.reduce(ops.add, _places(first, windows, 0.0))
    ones = np.ones((1, 1, *first.shape[2:]), first.dtype)
    if counted:  # padding counts, but not what ceil_mode has added to it
        own = windows_of(context, tuple(first.shape[2:]), windows.kernel).pads
        ones = np.pad(ones, [(0, 0), (0, 0), *own], constant_values=1)
        rest = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(windows.pads, own, strict=True)]
        windows = Windows(windows.kernel, windows.strides, tuple(rest), windows.dilations)
    return total / functools.reduce(ops.add, _places(tensor(ones), windows, 0.0))


@operator("LpPool")
def lp_pool(context: Context, x: Value) -> Value:
    """(sum |x|^p)^(1/p) over each window."""
    p = float(context.get("p", 2))
    places = _places(ops.power(ops.abs(as_tensor(x)), p), _geometry(context, x), 0.0)
    return ops.power(functools.reduce(ops.add, places), 1.0 / p)


def _space(x: Tensor) -> list[int]:
    return list(range(1, x.ndim - 1))


@operator("GlobalAveragePool", images=True)
def global_average_pool(context: Context, x: Value) -> Image:
    """The mean of each channel."""
    del context
    last = channels_last(x)
    return Image(ops.mean(last, _space(last), True))


@operator("GlobalMaxPool", images=True)
def global_max_pool(context: Context, x: Value) -> Image:
    """The largest element of each channel."""
    del context
    last = channels_last(x)
    return Image(ops.max(last, _space(last), True))


@operator("GlobalLpPool")
def global_lp_pool(context: Context, x: Value) -> Value:
    """(sum |x|^p)^(1/p) of each channel."""
    p = float(context.get("p", 2))
    last = channels_last(x)
    total = ops.sum(ops.power(ops.abs(last), p), _space(last), True)
    return channels_first(ops.power(total, 1.0 / p))


@operator("MaxUnpool")
def max_unpool(context: Context, x: Value, indices: Value, output_shape: Value = None) -> Value:
    """Each element back where the indices say, zeros elsewhere."""
    from .indexing import written

    kernel = tuple(context.need("kernel_shape"))
    rank = len(kernel)
    strides = tuple(context.get("strides") or [1] * rank)
    flat_pads = context.get("pads") or [0] * (2 * rank)
    sizes = [
        (n - 1) * s + k - a - b
        for n, s, k, a, b in zip(
            x.shape[2:], strides, kernel, flat_pads[:rank], flat_pads[rank:], strict=True
        )
    ]
    natural = [*x.shape[:2], *sizes]  # what the indices count in
    shape = ints(output_shape) if output_shape is not None else natural
    if any(a < b for a, b in zip(shape, natural, strict=True)):
        context.refuse(f"output_shape {shape} must be at least {natural}")
    at = host(indices)
    if at.size and (at.min() < 0 or at.max() >= np.prod(natural)):
        context.refuse(f"indices must be in [0, {np.prod(natural)}), got {at.min()} to {at.max()}")
    places = np.ravel_multi_index(np.unravel_index(at, natural), shape)
    return written(context, as_tensor(np.zeros(shape, x.dtype)), places, x)
