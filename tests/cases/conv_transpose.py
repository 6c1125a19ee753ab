"""Case of the transposed convolution, in the family `conv`."""

from __future__ import annotations

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, fixed, normal
from cases.linear import activated

X = np.zeros((1, 5, 5, 4), dtype="float32")
K = np.zeros((3, 3, 6, 4), dtype="float32")
Y, Z = [normal(2, 3, 4, 5), normal(3, 2, 6, 5), normal(6)], [normal(1, 4, 5, 3), normal(2, 2, 4, 3)]


def size_and_lead(
    n: int, span: int, stride: int, padding: Any, more: int | None, axis: int
) -> tuple[int, int]:
    """Keras's size of the image, and how many of the pixels that all windows cover come before it."""
    if padding == "same":
        size = n * stride if more is None else (n - 1) * stride + span % 2 + more
        return size, max((n - 1) * stride + span - size, 0) // 2
    size = (n - 1) * stride + (max(span, stride) if more is None else span + more)
    return (size, 0) if padding == "valid" else (size - sum(padding[axis]), padding[axis][0])


def conv2d_transpose(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    strides: Any = (1, 1),
    padding: Any = "valid",
    output_padding: Any = None,
    dilation: Any = (1, 1),
    activation: str = "linear",
) -> Array:
    (kh, kw, filters, _), (n, h, w, _) = kernel.shape, x.shape
    step, far = np.broadcast_to(strides, 2), np.broadcast_to(dilation, 2)
    span = [(kh - 1) * far[0] + 1, (kw - 1) * far[1] + 1]
    more = [None, None] if output_padding is None else output_padding
    (height, top), (width, left) = (
        size_and_lead(length, span[a], step[a], padding, more[a], a) for a, length in enumerate((h, w))
    )
    rows = max((h - 1) * step[0] + span[0], top + height)
    columns = max((w - 1) * step[1] + span[1], left + width)
    covered = np.zeros((n, rows, columns, filters))
    for r in range(kh):
        for s in range(kw):
            down = slice(r * far[0], r * far[0] + (h - 1) * step[0] + 1, step[0])
            across = slice(s * far[1], s * far[1] + (w - 1) * step[1] + 1, step[1])
            covered[:, down, across] += x @ kernel[r, s].T
    z = covered[:, top : top + height, left : left + width]
    return activated(z + (0 if bias is None else bias), activation)


CASES = [
    Case(
        "conv2d_transpose",
        conv2d_transpose,
        [
            Call(Y),
            Call(Y, {"padding": "same", "activation": "relu"}),
            Call(Y, {"strides": 2, "activation": "gelu"}),
            Call(Y, {"strides": (2, 3), "padding": "same"}),
            Call(Y, {"strides": (3, 5)}),
            Call(Y, {"strides": (3, 5), "padding": "same"}),
            Call(Y, {"strides": (2, 3), "output_padding": (1, 2)}),
            Call(Y, {"strides": (2, 3), "padding": "same", "output_padding": (0, 1)}),
            Call(Y, {"dilation": (2, 3)}),
            Call(Y, {"dilation": (2, 3), "padding": "same", "strides": 2}),
            Call(Y, {"strides": 2, "padding": ((1, 0), (1, 2))}),
            Call(Z, {"strides": 2}),
            Call(Z, {"strides": 2, "padding": "same"}),
            Call([normal(2, 3, 4, 5), normal(1, 1, 7, 5), normal(7)], {"activation": "relu"}),
            Call([normal(2, 3, 4, 5), normal(1, 1, 7, 5)], {"strides": 2}),
            Call([normal(1, 1, 1, 3), normal(4, 4, 2, 3), normal(2)]),
            Call([normal(0, 3, 3, 2), normal(3, 3, 5, 2), normal(5)]),
            Call(
                [normal(3, 9, 10, 40), normal(3, 3, 33, 40), normal(33)],  # by Winograd's tiles
                {"padding": "same", "activation": "relu"},
            ),
            Call(
                [normal(3, 9, 10, 40), normal(3, 3, 17, 40), fixed(None)], {"strides": 2, "padding": "same"}
            ),
        ],
        [
            Refusal([X[0], K], ShapeError, r"conv2d_transpose: x needs shape \(n, height, width, channels\)"),
            Refusal([X, K[0]], ShapeError, "conv2d_transpose: kernel needs shape"),
            Refusal([X, K[:, :, :0]], ShapeError, "kernel needs shape .* all at least 1, got"),
            Refusal([X[..., :3], K], ShapeError, "x has 3 channels: kernel needs as many on its last axis"),
            Refusal([X[:, :0], K], ShapeError, "conv2d_transpose: x needs a height and a width from 1"),
            Refusal([X, K, np.zeros(5, "float32")], ShapeError, r"bias needs shape \(6,\), got \(5,\)"),
            Refusal([X, K.astype("float64")], DTypeError, "x is float32 but kernel is float64"),
            Refusal([X.astype("int32"), K.astype("int32")], DTypeError, "x needs float32 or float64"),
            Refusal([X, K], ArgumentError, "strides must", {"strides": (0, 1)}),
            Refusal([X, K], ArgumentError, "dilation must", {"dilation": 0}),
            Refusal([X, K], ArgumentError, "padding must", {"padding": "some"}),
            Refusal([X, K], ShapeError, "becomes one of -1, which", {"padding": ((4, 4), (0, 0))}),
            Refusal([X, K], ShapeError, "which must be from 1 to 2147483647", {"strides": 2**31 - 1}),
            Refusal(
                [X, K],
                ArgumentError,
                "output_padding must be less than the stride, 1",
                {"output_padding": (1, 0)},
            ),
            Refusal(
                [X, K],
                ArgumentError,
                r"output_padding must be two .*, got \(-1, 0\)",
                {"output_padding": (-1, 0)},
            ),
            Refusal(
                [X, K], ArgumentError, r"output_padding must be two .*, got \(0,\)", {"output_padding": (0,)}
            ),
            Refusal([X, K], ArgumentError, "conv2d_transpose: one row of windows", {"strides": (1, 2**22)}),
            Refusal([X, K], ArgumentError, "unknown activation", {"activation": "bent"}),
        ],
        atol=5e-5,
    ),
]
