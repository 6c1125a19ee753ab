"""Windows and Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..tensors import FLOAT, numpy_dtype
from ..values import Array, Value, as_tensor, as_value, moved, scalar

WINDOWS: dict[str, tuple[float, float, float]] = {  # a0 - a1 cos(x) + a2 cos(2x)
    "HannWindow": (0.5, 0.5, 0.0),
    "HammingWindow": (25 / 46, 21 / 46, 0.0),
    "BlackmanWindow": (0.42, 0.5, 0.08),
}


def _window(a: tuple[float, float, float]) -> Callable[..., Value]:
    def run(context: Context, size: Value) -> Value:
        n = scalar(size)
        x = 2 * np.pi * np.arange(n) / (n if context.get("periodic", 1) else n - 1)
        values: Array = a[0] - a[1] * np.cos(x) + a[2] * np.cos(2 * x)
        return as_value(values.astype(numpy_dtype(context.get("output_datatype", FLOAT), context.operator)))

    return run


for _name, _terms in WINDOWS.items():
    operator(_name)(_window(_terms))


def _fourier(x: Tensor, length: int, onesided: bool, inverse: bool) -> Tensor:
    """The transform of the last-but-one axis of x (..., n, 1 or 2) by two matrix products."""
    n = x.shape[-2]
    if n < length:
        x = ops.pad(x, [*[(0, 0)] * (x.ndim - 2), (0, length - n), (0, 0)])
    elif n > length:
        x = ops.slice(x, [0] * x.ndim, [*x.shape[:-2], length, x.shape[-1]], [1] * x.ndim)
    bins = length // 2 + 1 if onesided else length
    angle = 2 * np.pi * np.outer(np.arange(length), np.arange(bins)) / length
    scale = 1 / length if inverse else 1.0
    sign = 1.0 if inverse else -1.0
    cosine, sine = [as_tensor((f(angle) * scale).astype(x.dtype)) for f in (np.cos, np.sin)]
    parts = ops.transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])  # (..., 1 or 2, n)
    by_cosine, by_sine = ops.matmul(parts, cosine), ops.matmul(parts, sine) * sign
    if x.shape[-1] == 1:
        both = ops.concatenate([by_cosine, by_sine], -2)
    else:
        # (a + ib)(c + is) = (ac - bs) + i(as + bc): the parts turned by i are (-b, a)
        flipped = ops.flip(by_sine, by_sine.ndim - 2) * as_tensor(np.array([[-1.0], [1.0]], x.dtype))
        both = by_cosine + flipped
    return ops.transpose(both, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


@operator("DFT")
def dft(context: Context, x: Value, length: Value = None, axis: Value = None) -> Tensor:
    """The discrete Fourier transform along an axis; the last axis of x is (real, imaginary) or (real)."""
    x = as_tensor(x)
    at = scalar(axis, context.get("axis", 1 if context.version < 20 else -2))
    at = at % x.ndim
    order = [i for i in range(x.ndim - 1) if i != at] + [at, x.ndim - 1]
    moved_x = ops.transpose(x, order)
    inverse, onesided = bool(context.get("inverse", 0)), bool(context.get("onesided", 0))
    if inverse and onesided:
        context.unsupported("inverse together with onesided")
    result = _fourier(moved_x, int(scalar(length, x.shape[at])), onesided, inverse)
    return ops.transpose(result, list(np.argsort(order)))


@operator("STFT")
def stft(context: Context, x: Value, step: Value, window: Value = None, length: Value = None) -> Tensor:
    """Transforms of frames `step` apart, each times the window: (batch, frames, bins, 2)."""
    x = as_tensor(x)
    hop = scalar(step)
    size = int(scalar(length, window.shape[0] if window is not None else x.shape[1]))
    frames = (x.shape[1] - size) // hop + 1
    at = np.arange(frames)[:, None] * hop + np.arange(size)
    cut = moved(x, lambda a: a[:, at])  # (batch, frames, size, 1 or 2)
    if window is not None:
        cut = cut * ops.reshape(as_tensor(window, x), [-1, 1])
    return _fourier(cut, size, bool(context.get("onesided", 1)), False)


@operator("MelWeightMatrix")
def mel_weights(context: Context, bins: Value, length: Value, rate: Value, low: Value, high: Value) -> Value:
    """Triangles, evenly spaced in mels, over the bins of a spectrum."""
    count, size = scalar(bins), scalar(length)
    mels = np.linspace(0, count + 2, count + 2, endpoint=False)
    lowest, highest = [2595 * np.log10(1 + scalar(hertz) / 700) for hertz in (low, high)]
    mels = mels * ((highest - lowest) / mels.shape[0]) + lowest
    edges = np.floor((size + 1) * 700 * (10 ** (mels / 2595) - 1) / scalar(rate)).astype(int)
    result = np.zeros((size // 2 + 1, count))
    for i in range(count):
        left, middle, right = edges[i : i + 3]
        if middle == left:
            result[middle, i] = 1
        else:
            result[left : middle + 1, i] = (np.arange(left, middle + 1) - left) / (middle - left)
        if right > middle:
            result[middle:right, i] = (right - np.arange(middle, right)) / (right - middle)
    return as_value(result.astype(numpy_dtype(context.get("output_datatype", FLOAT), "ONNX MelWeightMatrix")))
