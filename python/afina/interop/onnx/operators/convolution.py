"""Convolutions of any number of axes, over the two-dimensional kernels."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import Image, Value, as_tensor, channels_last, ints, plain, sliced
from .windows import Windows, windows_of


@operator("Conv", images=True)
def conv(context: Context, x: Value, weights: Value, bias: Value = None) -> Image:
    """Cross-correlation with weights (filters, channels / group, ...)."""
    images = channels_last(x)
    w = as_tensor(plain(weights), images)
    space = images.shape[1:-1]
    given = tuple(context.get("kernel_shape") or w.shape[2:])
    if given != w.shape[2:]:
        context.refuse(f"kernel_shape {given} must be that of the weights, {w.shape[2:]}")
    kernel = ops.transpose(w, [*range(2, w.ndim), 1, 0])  # (..., channels / group, filters)
    result = convolved(images, kernel, windows_of(context, space, given), context.get("group", 1))
    return Image(result if bias is None else result + as_tensor(plain(bias), result))


def convolved(x: Tensor, kernel: Tensor, windows: Windows, groups: int) -> Tensor:
    """A channels-last convolution: one axis as a flat image, more than two as a sum of images."""
    rank = x.ndim - 2
    if rank == 2:
        return ops.conv2d(
            x, kernel, None, list(windows.strides), [*windows.pads], list(windows.dilations), groups
        )
    if rank == 1:
        flat = Windows(
            (1, *windows.kernel), (1, *windows.strides), ((0, 0), *windows.pads), (1, *windows.dilations)
        )
        result = convolved(ops.expand_dims(x, 1), ops.expand_dims(kernel, 0), flat, groups)
        return ops.squeeze(result, 1)
    x = ops.pad(x, [(0, 0), windows.pads[0], *[(0, 0)] * (rank)])
    inner = Windows(windows.kernel[1:], windows.strides[1:], windows.pads[1:], windows.dilations[1:])
    stride, dilation = windows.strides[0], windows.dilations[0]
    count = (x.shape[1] - windows.spans()[0]) // stride + 1
    parts = []
    for k in range(windows.kernel[0]):
        plane = sliced(x, 1, k * dilation, k * dilation + (count - 1) * stride + 1, stride)
        images = ops.reshape(plane, [x.shape[0] * count, *x.shape[2:]])
        parts.append(convolved(images, ops.squeeze(sliced(kernel, 0, k, k + 1), 0), inner, groups))
    total = functools.reduce(ops.add, parts)
    return ops.reshape(total, [x.shape[0], count, *total.shape[1:]])


@operator("ConvTranspose", images=True)
def conv_transpose(context: Context, x: Value, weights: Value, bias: Value = None) -> Image:
    """The image whose convolution's gradient is x; weights (channels, filters / group, ...).

    Zeros are put between the pixels, and the turned weights slide over that.
    """
    images = channels_last(x)
    w = as_tensor(plain(weights), images)
    rank, groups = images.ndim - 2, context.get("group", 1)
    kernel = w.shape[2:]
    strides = tuple(context.get("strides") or [1] * rank)
    dilations = tuple(context.get("dilations") or [1] * rank)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    extra = tuple(context.get("output_padding") or [0] * rank)
    full = [
        (n - 1) * s + span + e
        for n, s, span, e in zip(images.shape[1:-1], strides, spans, extra, strict=True)
    ]
    pads = _cut(context, images.shape[1:-1], full, strides)
    borders = [
        (span - 1 - before, span - 1 - after + e)
        for span, (before, after), e in zip(spans, pads, extra, strict=True)
    ]
    spread = images
    for axis, stride in enumerate(strides, 1):
        spread = _with_zeros(spread, axis, stride)
    for axis, (before, after) in enumerate(borders, 1):
        spread = sliced(spread, axis, max(-before, 0), spread.shape[axis] + min(after, 0))
    around = tuple([(max(before, 0), max(after, 0)) for before, after in borders])
    turned = ops.flip(w, list(range(2, w.ndim)))
    channels, filters = w.shape[:2]
    # (groups, channels / groups, filters, ...) to (..., channels / groups, groups * filters)
    parts = ops.reshape(turned, [groups, channels // groups, filters, *kernel])
    parts = ops.transpose(parts, [*range(3, parts.ndim), 1, 0, 2])
    parts = ops.reshape(parts, [*kernel, channels // groups, groups * filters])
    result = convolved(spread, parts, Windows(kernel, (1,) * rank, around, dilations), groups)
    return Image(result if bias is None else result + as_tensor(plain(bias), result))


def _cut(
    context: Context, space: tuple[int, ...], full: list[int], strides: tuple[int, ...]
) -> list[tuple[int, int]]:
    """What is cut off before and after, from pads, output_shape or auto_pad."""
    rank = len(space)
    mode, shape = context.get("auto_pad", "NOTSET"), context.get("output_shape")
    if shape is None and mode in ("SAME_UPPER", "SAME_LOWER"):
        shape = [n * s for n, s in zip(space, strides, strict=True)]
    if shape is None:
        flat = context.get("pads") or [0] * (2 * rank)
        return list(zip(flat[:rank], flat[rank:], strict=True))
    cuts = []
    for wanted, have in zip(shape[-rank:], full, strict=True):
        total = have - wanted
        half = total // 2
        cuts.append((half, total - half) if mode == "SAME_UPPER" else (total - half, half))
    return cuts


def _with_zeros(x: Tensor, axis: int, stride: int) -> Value:
    """stride - 1 zeros between neighbours along an axis."""
    if stride == 1 or x.shape[axis] == 0:
        return x
    paddings = [(0, 0)] * (x.ndim + 1)
    paddings[axis + 1] = (0, stride - 1)
    wide = ops.pad(ops.expand_dims(x, axis + 1), paddings)
    shape = [*x.shape[:axis], x.shape[axis] * stride, *x.shape[axis + 1 :]]
    return sliced(ops.reshape(wide, shape), axis, 0, shape[axis] - stride + 1)


@operator("Col2Im")
def col2im(context: Context, x: Value, image_shape: Value, block_shape: Value) -> Value:
    """Columns of windows added up into images: a transposed convolution with one 1 for each place."""
    x = as_tensor(x)
    image, block = tuple(ints(image_shape)), tuple(ints(block_shape))
    volume = math.prod(block)
    n, rows, _ = x.shape
    channels = rows // volume
    geometry = windows_of(context, image, block)
    spread = [
        (size + before + after - span) // stride + 1
        for size, (before, after), span, stride in zip(
            image, geometry.pads, geometry.spans(), geometry.strides, strict=True
        )
    ]
    unit = np.zeros((channels * volume, 1, *block), x.dtype)
    for place in range(volume):
        at: Any = (np.arange(channels) * volume + place, 0, *np.unravel_index(place, block))
        unit[at] = 1
    attributes = {**context.attributes, "group": channels}
    covered = [
        (count - 1) * stride + span - before - after
        for count, stride, span, (before, after) in zip(
            spread, geometry.strides, geometry.spans(), geometry.pads, strict=True
        )
    ]
    attributes["output_padding"] = [size - have for size, have in zip(image, covered, strict=True)]
    inner = Context("ConvTranspose", context.name, context.version, attributes)
    images = ops.reshape(x, [n, rows, *spread])
    return conv_transpose(inner, images, as_tensor(unit)).first
