"""Resizing: along each axis a product with a matrix of weights, whatever the mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor
from ..registry import Context, operator
from ..values import Array, Value, as_tensor, axes_of, host, ints


def _coordinates(mode: str, size: int, wanted: int, scale: float, roi: tuple[float, float]) -> Array:
    """Where the centres of the new pixels lie among the old ones."""
    at = np.arange(wanted, dtype=np.float64)
    length = scale * size  # before it was rounded to whole pixels
    if mode == "align_corners":
        found = at * (size - 1) / (length - 1) if length != 1 else np.zeros(wanted)
    elif mode == "asymmetric":
        found = at / scale
    elif mode == "tf_crop_and_resize":
        start, end = roi
        step = (end - start) * (size - 1) / (length - 1) if wanted > 1 else 0.0
        found = at * step + (start if wanted > 1 else 0.5 * (start + end)) * (size - 1)
    else:
        found = (at + 0.5) / scale - 0.5
        if mode == "half_pixel_symmetric":
            found += size / 2 * (1 - wanted / length)
        elif mode == "pytorch_half_pixel" and length <= 1:
            found = np.full(wanted, -0.5)
    return np.asarray(found)


def _cubic(x: Array, a: float) -> Array:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _nearest(at: Array, mode: str) -> Array:
    if mode == "floor":
        return np.floor(at)
    if mode == "ceil":
        return np.ceil(at)
    return np.floor(at + 0.5) if mode == "round_prefer_ceil" else np.ceil(at - 0.5)


def _weights(context: Context, size: int, wanted: int, scale: float, roi: tuple[float, float]) -> Array:
    """(wanted, size): what of each old pixel goes into each new one."""
    where = context.get("coordinate_transformation_mode", "half_pixel")
    at = _coordinates(where, size, wanted, scale, roi)
    mode = context.get("mode", "nearest")
    result = np.zeros((wanted, size))
    rows = np.arange(wanted)[:, None]
    if mode == "nearest":
        chosen = _nearest(at, context.get("nearest_mode", "round_prefer_floor"))
        result[rows[:, 0], np.clip(chosen, 0, size - 1).astype(int)] = 1
    else:
        stretch = max(1.0, 1.0 / scale) if context.get("antialias", 0) else 1.0
        radius = (1 if mode == "linear" else 2) * stretch
        first = np.floor(at - radius).astype(int)[:, None] + 1
        taps = first + np.arange(int(np.ceil(2 * radius)) + 1)
        distance = (taps - at[:, None]) / stretch
        share = (
            np.maximum(1 - np.abs(distance), 0)
            if mode == "linear"
            else _cubic(distance, context.get("cubic_coeff_a", -0.75))
        )
        if context.get("exclude_outside", 0):
            share = np.where((taps < 0) | (taps >= size), 0.0, share)
        if context.get("exclude_outside", 0) or stretch > 1:
            share = share / share.sum(1, keepdims=True)
        np.add.at(result, (np.broadcast_to(rows, taps.shape), np.clip(taps, 0, size - 1)), share)
    return result


def along(x: Tensor, axis: int, weights: Array) -> Tensor:
    """x with an axis multiplied by a matrix (new, old)."""
    order = [i for i in range(x.ndim) if i != axis] + [axis]
    product = ops.matmul(ops.transpose(x, order), tensor(weights.astype(x.dtype)), transpose_b=True)
    return ops.transpose(product, list(np.argsort(order)))


@operator("Resize", "Upsample")
def resize(context: Context, x: Value, *parameters: Value) -> Value:
    """Other sizes by scales or sizes, of all axes or those in `axes`."""
    roi, scales, sizes = _parameters(context, parameters)
    at = axes_of(context.get("axes", range(x.ndim)), x.ndim)
    old = [x.shape[a] for a in at]
    if sizes:
        factors = [wanted / size for wanted, size in zip(sizes, old, strict=True)]
        policy = context.get("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            one = min(factors) if policy == "not_larger" else max(factors)
            factors = [one] * len(at)
            sizes = [int(np.floor(one * size + 0.5)) for size in old]
    else:
        factors = scales
        sizes = [int(np.floor(size * factor)) for size, factor in zip(old, factors, strict=True)]
    result = as_tensor(x)
    crops = context.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    outside = np.zeros([1] * x.ndim, bool)
    for k, (axis, size, wanted, factor) in enumerate(zip(at, old, sizes, factors, strict=True)):
        span = (roi[k], roi[k + len(at)]) if roi else (0.0, 1.0)
        if factor == 1 and size == wanted and not crops:
            continue
        result = along(result, axis, _weights(context, size, wanted, factor, span))
        if crops:
            beyond = _coordinates("tf_crop_and_resize", size, wanted, factor, span)
            shape = [wanted if i == axis else 1 for i in range(x.ndim)]
            outside = outside | ((beyond < 0) | (beyond > size - 1)).reshape(shape)
    if crops:
        fill = context.get("extrapolation_value", 0.0)
        result = ops.where(tensor(outside), fill, result)
    return result if isinstance(x, Tensor) else host(result).astype(x.dtype)


def _parameters(context: Context, given: tuple[Value, ...]) -> tuple[list[float], list[float], list[int]]:
    """Region, scales and sizes; until opset 10 there are scales alone, as an input or an attribute."""
    if context.version < 11 or context.operator == "Upsample":
        scales: Any = given[0] if given else context.need("scales")
        return [], [float(s) for s in np.ravel(host(scales))], []
    roi, scales, sizes = (*given, None, None, None)[:3]

    def numbers(value: Value) -> list[float]:
        return [] if value is None else [float(v) for v in np.ravel(host(value))]

    return numbers(roi), numbers(scales), [] if sizes is None else ints(sizes)


@operator("AffineGrid")
def affine_grid(context: Context, theta: Value, size: Value) -> Tensor:
    """Where an affine map (n, 2, 3) or (n, 3, 4) sends the pixels of images, in [-1, 1]."""
    space = ints(size)[2:]
    aligned = bool(context.get("align_corners", 0))
    lines = [np.linspace(-1, 1, n) if aligned else (2 * np.arange(n) + 1) / n - 1 for n in space]
    grids = np.meshgrid(*lines, indexing="ij")
    points = np.stack([*grids[::-1], np.ones(space)], -1).reshape(-1, len(space) + 1)
    theta = as_tensor(theta)
    found = ops.matmul(tensor(points.astype(theta.dtype)), theta, transpose_b=True)
    return ops.reshape(found, [theta.shape[0], *space, len(space)])


@operator("GridSample")
def grid_sample(context: Context, x: Value, grid: Value) -> Tensor:
    """x (n, c, ...) read at the points of a grid in [-1, 1], linearly or at the nearest pixel."""
    mode = str(context.get("mode", "linear")).removeprefix("bi")
    if mode not in ("linear", "nearest"):
        context.unsupported(f"mode {mode!r}")
    x, g = as_tensor(x), as_tensor(grid)
    space, rank = x.shape[2:], x.ndim - 2
    aligned = bool(context.get("align_corners", 0))
    points: list[Tensor] = []
    for k in range(rank):
        size = space[rank - 1 - k]
        p = ops.slice(g, [0] * (g.ndim - 1) + [k], [*g.shape[:-1], k + 1], [1] * g.ndim)
        p = ops.reshape(p, [x.shape[0], -1])
        p = (p + 1.0) * ((size - 1) / 2) if aligned else ((p + 1.0) * size - 1.0) * 0.5
        points.insert(0, _bordered(context, p, size, aligned))
    rows = ops.reshape(ops.transpose(x, [0, *range(2, x.ndim), 1]), [-1, x.shape[1]])
    total: Tensor | None = None
    for corner in range(1 if mode == "nearest" else 2**rank):
        index = np.arange(x.shape[0])[:, None] * int(np.prod(space))
        weight: Any = 1.0
        for k, p in enumerate(points):
            where = p.numpy()
            base = np.rint(where) if mode == "nearest" else np.floor(where) + (corner >> k & 1)
            inside = (base >= 0) & (base <= space[k] - 1)
            index = index + np.clip(base, 0, space[k] - 1).astype(np.int64) * int(np.prod(space[k + 1 :]))
            share = 1.0 - ops.abs(p - tensor(base.astype(x.dtype))) if mode == "linear" else 1.0
            weight = tensor(inside.astype(x.dtype)) * share * weight
        part = ops.gather(rows, tensor(index.reshape(-1))) * ops.reshape(weight, [-1, 1])
        total = part if total is None else total + part
    assert total is not None
    shaped = ops.reshape(total, [x.shape[0], *g.shape[1:-1], x.shape[1]])
    return ops.transpose(shaped, [0, shaped.ndim - 1, *range(1, shaped.ndim - 1)])


def _bordered(context: Context, p: Tensor, size: int, aligned: bool) -> Tensor:
    """Points brought inside as padding_mode says: zeros leaves them, border clips, reflection folds."""
    mode = context.get("padding_mode", "zeros")
    if mode == "zeros":
        return p
    if mode == "reflection":
        low, high = (0.0, size - 1.0) if aligned else (-0.5, size - 0.5)
        span = max(high - low, 1e-9)
        values = p.numpy()
        turns = np.floor((values - low) / span)
        odd = turns % 2 != 0
        sign = tensor(np.where(odd, -1.0, 1.0).astype(p.dtype))
        shift = np.where(odd, 2 * low + (turns + 1) * span, -turns * span)
        p = p * sign + tensor(shift.astype(p.dtype))
    return ops.clip(p, 0.0, size - 1.0)
