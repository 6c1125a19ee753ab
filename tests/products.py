"""Products whose sums are exact however their factors are rounded, and what a rounding leaves of a factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import afina
from afina import ops


def whole(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Numbers from -8 to 8, which neither rounding changes: sums of their products are exact."""
    return np.random.default_rng(sum(shape)).integers(-8, 9, shape).astype(dtype)


def computed(run: Callable[..., Any], device: str, *arrays: np.ndarray) -> list[np.ndarray]:
    """The result and all gradients, for a seed of whole numbers."""
    with afina.device(device):
        inputs = [afina.tensor(array, requires_grad=True) for array in arrays]
        y = run(*inputs)
        seed = afina.tensor(whole(*y.shape, dtype=str(arrays[0].dtype)))
        return [y.numpy(), *(gradient.numpy() for gradient in afina.gradients(y, inputs, seed))]


# Sizes that are and are not multiples of a tile, a fragment and a copy of four numbers; k long enough to be
# cut; stacks of matrices, one of them shared, whose gradient is a sum over the stack.
PRODUCTS: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "one number": (ops.matmul, [(1, 1), (1, 1)]),
    "even": (ops.matmul, [(64, 32), (32, 64)]),
    "multiples of four": (ops.matmul, [(68, 20), (20, 132)]),
    "odd": (ops.matmul, [(67, 19), (19, 71)]),
    "odd columns": (ops.matmul, [(64, 16), (16, 33)]),
    "transposed": (
        lambda a, b: ops.matmul(a, b, transpose_a=True, transpose_b=True),
        [(20, 68), (36, 20)],
    ),
    "a batch, odd everywhere": (lambda x, k, b: ops.linear(x, k, b, "relu"), [(67, 45), (45, 71), (71,)]),
    "long odd k": (ops.matmul, [(33, 4201), (4201, 9)]),
    "both transposed": (
        lambda a, b: ops.matmul(a, b, transpose_a=True, transpose_b=True),
        [(301, 53), (47, 301)],
    ),
    "long k": (ops.matmul, [(20, 1300), (1300, 12)]),
    "stack": (ops.matmul, [(3, 2, 12, 8), (2, 8, 20)]),
    "odd stack": (ops.matmul, [(3, 5, 7), (3, 7, 9)]),
    "linear": (lambda x, k, b: ops.linear(x, k, b, "relu"), [(30, 24), (24, 40), (40,)]),
    "convolution": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same"),
        [(2, 7, 6, 8), (3, 3, 8, 12)],
    ),
    "convolution of three channels": (
        lambda x, k: ops.conv2d(x, k, strides=2, padding="valid"),
        [(2, 9, 8, 3), (3, 2, 3, 16)],
    ),
    "groups": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", groups=2),
        [(2, 6, 6, 16), (3, 3, 8, 8)],
    ),
    "odd groups": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", groups=3),
        [(1, 6, 5, 9), (3, 3, 3, 6)],
    ),
    "dilated": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", dilation=2),
        [(1, 9, 9, 4), (3, 3, 4, 4)],
    ),
    "convolution over odd rows": (
        lambda x, k: ops.conv2d(x, k, strides=2, padding="same"),
        [(3, 9, 7, 16), (3, 3, 16, 40)],
    ),
    "convolution at every pixel": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="valid"),
        [(2, 5, 5, 24), (1, 1, 24, 36)],
    ),
    "wide groups, dilated": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="valid", dilation=2, groups=2),
        [(2, 9, 11, 32), (5, 3, 16, 40)],
    ),
    "steps wider than the window": (
        lambda x, k: ops.conv2d(x, k, strides=3, padding="valid"),
        [(2, 11, 10, 16), (2, 1, 16, 64)],
    ),
    "transposed convolution": (
        lambda x, k: ops.conv2d_transpose(x, k, strides=2, padding="same"),
        [(1, 5, 4, 8), (3, 3, 4, 8)],
    ),
}


def truncated(x: np.ndarray, bits: int) -> np.ndarray:
    """Float32 with `bits` bits less, halves away from zero (TF32: 13) or to even (bfloat16: 16)."""
    words = x.view("uint32")
    half = (1 << (bits - 1)) - 1 + (1 if bits == 13 else words >> bits & 1)
    return ((words + half) >> bits << bits).astype("uint32").view("float32")
