"""Products, convolutions, pooling, normalizations and attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....errors import UnsupportedOperatorError
from .elementwise import then
from .table import writes
from .writer import Ref, Writer

Pair = Any  # an int or two


def _pair(value: Pair) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _activated(w: Writer, source: str, activation: str, dtype: str) -> str:
    return source if activation == "linear" else then(w, source, activation, dtype=dtype)


@writes("matmul")
def matmul(w: Writer, a: Ref, b: Ref, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """MatMul, of operands turned before it."""

    def turned(x: Ref, turn: bool) -> str:
        return w.transpose(x.name, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2]) if turn else x.name

    return w.node("MatMul", [turned(a, transpose_a), turned(b, transpose_b)])


@writes("linear")
def linear(w: Writer, x: Ref, kernel: Ref, bias: Ref | None = None, activation: str = "linear") -> Any:
    """MatMul, Add and the activation; a matrix with a bias is a Gemm."""
    if bias is not None and x.ndim == 2:
        y = w.node("Gemm", [x.name, kernel.name, bias.name])
    else:
        y = w.node("MatMul", [x.name, kernel.name])
        y = y if bias is None else w.node("Add", [y, bias.name])
    return _activated(w, y, activation, x.dtype)


def _geometry(padding: Any, strides: Pair, kernel: list[int], dilation: Pair) -> dict[str, Any]:
    """strides, dilations and padding as attributes."""
    found: dict[str, Any] = {"strides": _pair(strides), "dilations": _pair(dilation), "kernel_shape": kernel}
    if isinstance(padding, str):
        found["auto_pad"] = "SAME_UPPER" if padding == "same" else "VALID"
    else:
        (top, bottom), (left, right) = padding
        found["pads"] = [top, left, bottom, right]
    return found


def _convolution(
    w: Writer,
    x: Ref,
    kernel: str,
    bias: Ref | None,
    group: int,
    activation: str,
    geometry: Any,
) -> str:
    given = [w.first(x.name, 4), kernel, *([] if bias is None else [bias.name])]
    return _activated(w, w.last(w.node("Conv", given, group=group, **geometry), 4), activation, x.dtype)


@writes("conv2d")
def conv2d(
    w: Writer,
    x: Ref,
    kernel: Ref,
    bias: Ref | None = None,
    strides: Pair = 1,
    padding: Any = "valid",
    dilation: Pair = 1,
    groups: int = 1,
    activation: str = "linear",
) -> Any:
    """Conv between transpositions."""
    size = list(kernel.shape[:2])
    geometry = _geometry(padding, strides, size, dilation)
    turned = w.transpose(kernel.name, [3, 2, 0, 1])
    return _convolution(w, x, turned, bias, groups, activation, geometry)


@writes("depthwise_conv2d")
def depthwise_conv2d(
    w: Writer,
    x: Ref,
    kernel: Ref,
    bias: Ref | None = None,
    strides: Pair = 1,
    padding: Any = "valid",
    dilation: Pair = 1,
    activation: str = "linear",
) -> Any:
    """Conv of as many groups as channels."""
    height, width, channels, multiplier = kernel.shape
    turned = w.transpose(kernel.name, [2, 3, 0, 1])
    turned = _stored_or(w, turned, [channels * multiplier, 1, height, width])
    geometry = _geometry(padding, strides, [height, width], dilation)
    return _convolution(w, x, turned, bias, channels, activation, geometry)


def _stored_or(w: Writer, source: str, shape: list[int]) -> str:
    """Another shape, of a stored array at once."""
    if source in w.stored:
        return w.store(w.stored[source].reshape(shape), f"{source}_shaped")
    return w.reshape(source, shape)


@writes("conv2d_transpose")
def conv2d_transpose(
    w: Writer,
    x: Ref,
    kernel: Ref,
    bias: Ref | None = None,
    strides: Pair = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    dilation: Pair = 1,
    activation: str = "linear",
) -> Any:
    """ConvTranspose; what the result has more than the full one is added, what it has less is cut off."""
    size, steps, spread = list(kernel.shape[:2]), _pair(strides), _pair(dilation)
    spans = [(k - 1) * d + 1 for k, d in zip(size, spread, strict=True)]
    extra, pads = [0, 0], [(0, 0), (0, 0)]
    more = None if output_padding is None else _pair(output_padding)
    for axis, (span, step) in enumerate(zip(spans, steps, strict=True)):
        grown = max(step - span, 0) if more is None else more[axis]  # beyond what the windows reach
        if padding == "same":
            total = span - (step if more is None else span % 2 + more[axis])
            before = max(total, 0) // 2
        elif padding == "valid":
            total, before = -grown, 0
        else:
            total, before = sum(padding[axis]) - grown, padding[axis][0]
        pads[axis], extra[axis] = (before, max(total - before, 0)), max(before - total, 0)
    inputs = [w.first(x.name, 4), w.transpose(kernel.name, [3, 2, 0, 1])]
    inputs += [] if bias is None else [bias.name]
    y = w.node(
        "ConvTranspose",
        inputs,
        kernel_shape=size,
        strides=steps,
        dilations=spread,
        pads=[pads[0][0], pads[1][0], pads[0][1], pads[1][1]],
        output_padding=extra if any(extra) else None,
    )
    return _activated(w, w.last(y, 4), activation, x.dtype)


@writes("max_pool2d")
def max_pool2d(w: Writer, x: Ref, pool_size: Pair, strides: Pair = None, padding: Any = "valid") -> Any:
    """MaxPool between transpositions."""
    return _pooled(w, "MaxPool", x, pool_size, strides, padding)


@writes("average_pool2d")
def average_pool2d(w: Writer, x: Ref, pool_size: Pair, strides: Pair = None, padding: Any = "valid") -> Any:
    """AveragePool between transpositions."""
    return _pooled(w, "AveragePool", x, pool_size, strides, padding)


def _pooled(w: Writer, operator: str, x: Ref, pool_size: Pair, strides: Pair, padding: Any) -> str:
    size = _pair(pool_size)
    geometry = _geometry(padding, size if strides is None else strides, size, 1)
    return w.last(w.node(operator, [w.first(x.name, 4)], **geometry), 4)


@writes("resize2d")
def resize2d(w: Writer, x: Ref, size: Pair, interpolation: str = "bilinear") -> Any:
    """Resize with centres at half pixels."""
    batch, *space, channels = x.shape
    sizes = w.integers([batch, channels, *_pair(size)])
    del space
    attributes: dict[str, Any] = (
        {"mode": "linear"}
        if interpolation == "bilinear"
        else {
            "mode": "nearest",
            "nearest_mode": "round_prefer_ceil",
        }
    )
    y = w.node(
        "Resize", [w.first(x.name, 4), "", "", sizes],
        coordinate_transformation_mode="half_pixel", **attributes,
    )  # fmt: skip
    return w.last(y, 4)


def _channels(w: Writer, parameter: Ref | None, count: int, value: float, dtype: str) -> str:
    return parameter.name if parameter is not None else w.store(np.full(count, value, dtype))


@writes("batch_norm_inference")
def batch_norm_inference(
    w: Writer,
    x: Ref,
    mean: Ref,
    variance: Ref,
    gamma: Ref | None = None,
    beta: Ref | None = None,
    epsilon: float = 1e-3,
    activation: str = "linear",
) -> Any:
    """BatchNormalization, channels first."""
    count = mean.shape[0]
    scale, shift = _channels(w, gamma, count, 1.0, x.dtype), _channels(w, beta, count, 0.0, x.dtype)
    given = [w.first(x.name, x.ndim), scale, shift, mean.name, variance.name]
    y = w.last(w.node("BatchNormalization", given, epsilon=epsilon), x.ndim)
    return _activated(w, y, activation, x.dtype)


@writes("layer_norm")
def layer_norm(
    w: Writer, x: Ref, gamma: Ref | None = None, beta: Ref | None = None, epsilon: float = 1e-3, axes: int = 1
) -> Any:
    """LayerNormalization."""
    shape = tuple(x.shape[x.ndim - axes :])
    scale = gamma.name if gamma is not None else w.store(np.ones(shape, x.dtype))
    given = [x.name, scale, *([] if beta is None else [beta.name])]
    return w.node("LayerNormalization", given, axis=-axes, epsilon=epsilon)


@writes("instance_norm")
def instance_norm(
    w: Writer, x: Ref, gamma: Ref | None = None, beta: Ref | None = None, epsilon: float = 1e-3
) -> Any:
    """InstanceNormalization, channels first."""
    count = x.shape[-1]
    parameters = [_channels(w, gamma, count, 1.0, x.dtype), _channels(w, beta, count, 0.0, x.dtype)]
    y = w.node("InstanceNormalization", [w.first(x.name, x.ndim), *parameters], epsilon=epsilon)
    return w.last(y, x.ndim)


@writes("group_norm")
def group_norm(
    w: Writer,
    x: Ref,
    gamma: Ref | None = None,
    beta: Ref | None = None,
    groups: int = 32,
    epsilon: float = 1e-3,
) -> Any:
    """GroupNormalization, channels first."""
    count = x.shape[-1]
    parameters = [_channels(w, gamma, count, 1.0, x.dtype), _channels(w, beta, count, 0.0, x.dtype)]
    y = w.node(
        "GroupNormalization", [w.first(x.name, x.ndim), *parameters], epsilon=epsilon, num_groups=groups
    )
    return w.last(y, x.ndim)


@writes("dot_product_attention")
def dot_product_attention(
    w: Writer,
    query: Ref,
    key: Ref,
    value: Ref,
    bias: Ref | None = None,
    mask: Ref | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    dropout: float = 0.0,
    seed: Any = None,
) -> Any:
    """Softmax(scale query . key + bias) value, written out; rows that see nothing are zeros."""
    del dropout, seed
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    q = w.transpose(w.node("Mul", [query.name, w.number(factor, query.dtype)]), [0, 2, 1, 3])
    k, v = w.transpose(key.name, [0, 2, 3, 1]), w.transpose(value.name, [0, 2, 1, 3])
    scores = w.node("MatMul", [q, k])
    if bias is not None:
        scores = w.node("Add", [scores, bias.name])
    seen = None if mask is None else mask.name
    if is_causal:
        lengths = [query.shape[1], key.shape[1]]
        if not all(isinstance(n, int) for n in lengths):
            raise UnsupportedOperatorError("export: causal attention over lengths that change")
        lower = w.store(np.tril(np.ones(lengths, bool)))
        seen = lower if seen is None else w.node("And", [seen, lower])
    if seen is None:
        weights = w.node("Softmax", [scores], axis=-1)
    else:
        hidden = w.node("Where", [seen, scores, w.number(-1e30, query.dtype)])
        weights = w.node("Softmax", [hidden], axis=-1)
        weights = w.node("Where", [seen, weights, w.number(0.0, query.dtype)])
    return w.transpose(w.node("MatMul", [weights, v]), [0, 2, 1, 3])
