"""Every op in plain NumPy and float64, forward only: what a library must agree with before it is timed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any  # arrays of float64; NumPy's own stubs lose the type in half of these lines

_erf = np.vectorize(math.erf, otypes=[float])


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def matmul(a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    return (a.T if transpose_a else a) @ (b.T if transpose_b else b)


def linear(x: Array, kernel: Array, bias: Array, activation: str = "linear") -> Array:
    y = x @ kernel + bias
    return relu(y) if activation == "relu" else y


def _windows(x: Array, kernel: tuple[int, int], strides: tuple[int, int], padding: Any) -> list[Array]:
    """The image under each tap of a window, in row-major order: each (batch, rows, columns, channels)."""
    x = np.pad(x, ((0, 0), *padding, (0, 0)))
    rows, columns = ((x.shape[i + 1] - kernel[i]) // strides[i] + 1 for i in (0, 1))
    return [
        x[:, i : i + rows * strides[0] : strides[0], j : j + columns * strides[1] : strides[1]]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]


def conv2d(x: Array, kernel: Array, strides: tuple[int, int], padding: Any) -> Array:
    size = (kernel.shape[0], kernel.shape[1])
    taps = kernel.reshape(-1, *kernel.shape[2:])
    total: Array = sum(w @ t for w, t in zip(_windows(x, size, strides, padding), taps, strict=True))
    return total


def depthwise_conv2d(x: Array, kernel: Array, strides: tuple[int, int], padding: Any) -> Array:
    size = (kernel.shape[0], kernel.shape[1])
    taps = kernel.reshape(-1, kernel.shape[2])  # one multiplier
    total: Array = sum(w * t for w, t in zip(_windows(x, size, strides, padding), taps, strict=True))
    return total


def _normalized(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def batch_norm(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    return _normalized(x, tuple(range(x.ndim - 1)), epsilon) * gamma + beta


def instance_norm(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    return _normalized(x, tuple(range(1, x.ndim - 1)), epsilon) * gamma + beta


def layer_norm(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    return _normalized(x, (-1,), epsilon) * gamma + beta


def max_pool2d(x: Array, pool_size: tuple[int, int]) -> Array:
    return np.maximum.reduce(_windows(x, pool_size, pool_size, ((0, 0), (0, 0))))


def average_pool2d(x: Array, pool_size: tuple[int, int]) -> Array:
    return np.mean(_windows(x, pool_size, pool_size, ((0, 0), (0, 0))), axis=0)


def global_average_pool(x: Array) -> Array:
    return x.mean((1, 2))


def affine(x: Array, matrices: Array) -> Array:
    """Images read bilinearly where the matrices' inverses say, about their centre, edges repeated."""
    n, height, width, channels = x.shape
    rows, columns = np.mgrid[:height, :width].reshape(2, -1)
    points = np.stack([columns - (width - 1) / 2, rows - (height - 1) / 2, np.ones(rows.size)])
    found = np.linalg.inv(matrices)[:, :2] @ points + [[(width - 1) / 2], [(height - 1) / 2]]
    place = np.clip(found, 0, [[width - 1], [height - 1]])
    first = np.minimum(place.astype(int), [[width - 2], [height - 2]])
    (right, down), sample = np.moveaxis(place - first, 1, 0), np.arange(n)[:, None]
    total = np.zeros((n, rows.size, channels))
    for i, j in np.ndindex(2, 2):
        weight = (down if i else 1 - down) * (right if j else 1 - right)
        total += weight[..., None] * x[sample, first[:, 1] + i, first[:, 0] + j]
    return total.reshape(x.shape)


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def cross_entropy(labels: Array, logits: Array) -> Array:
    return -np.mean(np.log(softmax(logits)[np.arange(len(labels)), labels]))


def gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def relu_chain(x: Array, length: int) -> Array:
    for _ in range(length):
        x = relu(x)
    return x.sum()


def _halves(arrays: tuple[Array, ...]) -> list[tuple[Array, Array]]:
    count = len(arrays) // 2
    return list(zip(arrays[:count], arrays[count:], strict=True))


def update_sgd_momentum(*arrays: Array) -> list[Array]:
    """The first update with lr 0.01: the velocity was zero."""
    return [p - 0.01 * g for p, g in _halves(arrays)]


def update_adam(*arrays: Array) -> list[Array]:
    """The first update with lr 0.001: both corrected moments are g and g^2."""
    return [p - 0.001 * g / (np.abs(g) + 1e-7) for p, g in _halves(arrays)]


ELEMENTWISE: dict[str, Callable[..., Array]] = {
    "relu": relu,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "gelu_tanh": gelu_tanh,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "exp": np.exp,
    "double": lambda x: 2 * x,
}
OPS: dict[str, Callable[..., Any]] = {
    **ELEMENTWISE,
    "add": np.add,
    "multiply": np.multiply,
    "sum": np.sum,
    "reshape": lambda x, shape: x.reshape(shape),
    "matmul": matmul,
    "linear": linear,
    "dense_layer": linear,
    "conv2d": conv2d,
    "depthwise_conv2d": depthwise_conv2d,
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "max_pool2d": max_pool2d,
    "average_pool2d": average_pool2d,
    "global_average_pool": global_average_pool,
    "affine": affine,
    "softmax": softmax,
    "cross_entropy": cross_entropy,
    "embedding": lambda indices, rows: rows[indices],
    "transpose": np.transpose,
    "copy": np.copy,
    "concatenate": lambda *parts: np.concatenate(parts, -1),
    "relu_chain": relu_chain,
    "update_sgd_momentum": update_sgd_momentum,
    "update_adam": update_adam,
}
