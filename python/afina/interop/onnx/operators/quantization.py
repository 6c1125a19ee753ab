"""Quantized values: small integers with a scale and a zero point. Computed as floats, rounded at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...._C import Tensor
from ..registry import Context, operator
from ..values import Array, Value, as_tensor, host
from .convolution import conv
from .linear import matmul


def _along(context: Context, parameter: Value, x: Value) -> Array:
    """A scale or zero point of one number, one for each entry of an axis, or one for each block of it."""
    given = host(parameter)
    axis = context.get("axis", 1)
    block = context.get("block_size", 0)
    if given.size == 1 and given.ndim <= 1 and not block:
        return given.reshape(())
    if given.ndim == len(x.shape) and block:
        wide = np.repeat(given, block, axis)
        return wide[tuple([slice(n) for n in x.shape])]
    wanted = [1] * len(x.shape)
    wanted[axis] = -1
    return given.reshape(wanted)


def quantized(x: Array, scale: Array, zero: Array) -> Array:
    """round(x / scale) + zero, kept in the zero point's type."""
    limits = np.iinfo(zero.dtype)
    whole: Array = np.clip(np.rint(x / scale) + zero.astype(np.float64), limits.min, limits.max)
    return whole.astype(zero.dtype)


@operator("QuantizeLinear")
def quantize(context: Context, x: Value, scale: Value, zero: Value = None) -> Value:
    """Floats to integers."""
    if context.get("output_dtype", 0) and zero is None:
        from ..tensors import numpy_dtype

        zero = np.zeros((), numpy_dtype(context.get("output_dtype"), "ONNX QuantizeLinear"))
    point = np.zeros((), np.uint8) if zero is None else _along(context, zero, x)
    if point.dtype.kind not in "iu":
        context.unsupported(f"a zero point of {point.dtype}")
    return quantized(host(x), _along(context, scale, x), point)


@operator("DequantizeLinear")
def dequantize(context: Context, x: Value, scale: Value, zero: Value = None) -> Value:
    """Integers to floats."""
    factors = _along(context, scale, x)
    point: Any = 0 if zero is None else _along(context, zero, x).astype(np.int64)
    return as_tensor(((host(x).astype(np.int64) - point) * factors).astype(factors.dtype))


@operator("DynamicQuantizeLinear")
def dynamic_quantize(context: Context, x: Value) -> tuple[Value, Value, Value]:
    """To uint8, with the scale and zero point that fit x."""
    del context
    values = host(x)
    low, high = min(0.0, values.min(initial=0)), max(0.0, values.max(initial=0))
    scale = np.float32((high - low) / 255) or np.float32(1)
    zero = np.clip(np.rint(-low / scale), 0, 255).astype(np.uint8)
    return quantized(values, np.asarray(scale), zero), as_tensor(np.asarray(scale)), zero


def _centred(x: Value, zero: Value, axis: int) -> Tensor:
    """x - zero in double, where sums of products of bytes are exact."""
    values = host(x).astype(np.float64)
    if zero is None:
        return as_tensor(values)
    point = host(zero).astype(np.float64)
    if point.size > 1:
        wanted = [1] * values.ndim
        wanted[axis] = -1
        point = point.reshape(wanted)
    return as_tensor(values - point)


@operator("MatMulInteger")
def matmul_integer(context: Context, a: Value, b: Value, za: Value = None, zb: Value = None) -> Value:
    """(a - za) (b - zb) as int32."""
    product = matmul(context, _centred(a, za, -2), _centred(b, zb, -1))
    return np.rint(host(product)).astype(np.int32)


@operator("ConvInteger")
def conv_integer(context: Context, x: Value, w: Value, zx: Value = None, zw: Value = None) -> Value:
    """The convolution of x - zx by w - zw as int32."""
    return np.rint(host(conv(context, _centred(x, zx, 1), _centred(w, zw, 0)))).astype(np.int32)


@operator("QLinearMatMul")
def qlinear_matmul(
    context: Context, a: Value, sa: Value, za: Value, b: Value, sb: Value, zb: Value, sy: Value, zy: Value
) -> Value:
    """The product of quantized matrices, quantized."""
    product = host(matmul(context, _centred(a, za, -2), _centred(b, zb, -1)))
    return quantized(product * host(sa).astype(float) * host(sb), host(sy).astype(float), host(zy))


@operator("QLinearConv")
def qlinear_conv(
    context: Context,
    x: Value,
    sx: Value,
    zx: Value,
    w: Value,
    sw: Value,
    zw: Value,
    sy: Value,
    zy: Value,
    bias: Value = None,
) -> Value:
    """The convolution of quantized images, quantized."""
    offset = None if bias is None else as_tensor(host(bias).astype(np.float64))
    result = host(conv(context, _centred(x, zx, 1), _centred(w, zw, 0), offset))
    factor = host(sw).astype(float)
    factor = factor.reshape(-1, *[1] * (result.ndim - 2)) if factor.size > 1 else factor
    return quantized(result * host(sx).astype(float) * factor, host(sy).astype(float), host(zy))
