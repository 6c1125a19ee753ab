"""Cases of the family `conv`."""

from __future__ import annotations

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, fixed, normal
from cases.linear import activated

X = np.zeros((1, 5, 5, 4), dtype="float32")
K = np.zeros((3, 3, 4, 6), dtype="float32")
D = np.zeros((3, 3, 4, 2), dtype="float32")


def pads(size: int, kernel: int, stride: int, dilation: int, padding: Any, axis: int) -> tuple[int, int]:
    """Padding before and after one axis."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        return total // 2, total - total // 2
    return tuple(padding[axis])


def windows(
    x: Array, size: Any, strides: Any, padding: Any, dilation: Any = (1, 1), value: float = 0.0
) -> Array:
    """(n, out_h, out_w, kh, kw, c): what each window sees."""
    strides, dilation = (np.broadcast_to(pair, 2) for pair in (strides, dilation))
    around = [pads(x.shape[1 + a], size[a], strides[a], dilation[a], padding, a) for a in (0, 1)]
    x = np.pad(x, [(0, 0), *around, (0, 0)], constant_values=value)
    out = [(x.shape[1 + a] - (size[a] - 1) * dilation[a] - 1) // strides[a] + 1 for a in (0, 1)]
    seen = np.empty((x.shape[0], *out, *size, x.shape[3]))
    for r in range(size[0]):
        for s in range(size[1]):
            rows = slice(r * dilation[0], r * dilation[0] + (out[0] - 1) * strides[0] + 1, strides[0])
            columns = slice(s * dilation[1], s * dilation[1] + (out[1] - 1) * strides[1] + 1, strides[1])
            seen[:, :, :, r, s] = x[:, rows, columns]
    return seen


def conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    strides: Any = (1, 1),
    padding: Any = "valid",
    dilation: Any = (1, 1),
    groups: int = 1,
    activation: str = "linear",
) -> Array:
    seen = windows(x, kernel.shape[:2], strides, padding, dilation)
    parts = zip(np.split(seen, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    z = np.concatenate([np.tensordot(part, own, axes=3) for part, own in parts], axis=-1)
    return activated(z + (0 if bias is None else bias), activation)


CASES = [
    Case(
        "conv2d",
        conv2d,
        [
            Call([normal(2, 5, 6, 3), normal(3, 3, 3, 4), normal(4)]),
            Call([normal(2, 5, 6, 3), normal(3, 3, 3, 4)], {"padding": "same"}),
            Call([normal(2, 6, 5, 3), normal(3, 3, 3, 4), normal(4)], {"strides": (2, 2), "padding": "same"}),
            Call(
                [normal(1, 7, 9, 2), normal(3, 2, 2, 5), normal(5)], {"strides": (3, 2), "activation": "relu"}
            ),
            Call([normal(1, 8, 9, 2), normal(2, 3, 2, 17)], {"padding": ((1, 0), (2, 3))}),
            Call([normal(1, 9, 8, 2), normal(3, 3, 2, 3)], {"dilation": (2, 3), "padding": "same"}),
            Call(
                [normal(1, 9, 9, 2), normal(3, 3, 2, 3)],
                {"dilation": 2, "strides": 3, "padding": ((2, 1), (0, 4))},
            ),
            Call(
                [normal(1, 9, 9, 2), normal(3, 2, 2, 3)],
                {"dilation": (2, 4), "strides": (2, 3), "padding": "same"},
            ),
            Call([normal(2, 5, 5, 6), normal(3, 3, 2, 9), normal(9)], {"groups": 3, "padding": "same"}),
            Call([normal(1, 5, 5, 4), normal(3, 3, 1, 4)], {"groups": 4, "strides": 2}),
            Call([normal(2, 4, 4, 5), normal(1, 1, 5, 7), normal(7)]),
            Call([normal(2, 5, 5, 5), normal(1, 1, 5, 7), normal(7)], {"strides": 2, "activation": "tanh"}),
            Call([normal(1, 3, 4, 2), normal(3, 4, 2, 3)]),
            Call([normal(1, 2, 2, 2), normal(5, 5, 2, 3)], {"padding": "same"}),
            Call([normal(1, 4, 4, 2), normal(2, 2, 2, 3)], {"strides": (3, 5), "padding": ((3, 3), (4, 4))}),
            Call([normal(0, 5, 5, 2), normal(3, 3, 2, 3), normal(3)]),
            Call([normal(3, 20, 21, 8), normal(3, 3, 8, 40), normal(40)], {"padding": "same"}),
            Call(
                [normal(9, 8, 8, 33), normal(3, 3, 33, 16), fixed(None)],
                {"padding": "same", "activation": "gelu"},
            ),
            Call([normal(2, 30, 40, 3), normal(7, 7, 3, 16)], {"strides": 2, "padding": "same"}),
        ],
        [
            Refusal(
                [X[0], K],
                ShapeError,
                r"conv2d: x needs shape \(n, height, width, channels\), got \(5, 5, 4\)",
            ),
            Refusal([X, K[0]], ShapeError, "conv2d: kernel needs shape"),
            Refusal([X, K[:, :, :0]], ShapeError, "conv2d: kernel needs shape .* all at least 1, got"),
            Refusal([X[..., :0], K], ShapeError, "conv2d: x has 0 channels in 1 groups: kernel needs 0"),
            Refusal([X[:, :0], K], ShapeError, "conv2d: x needs a height", {"padding": "same"}),
            Refusal(
                [X[..., :3], K], ShapeError, "conv2d: x has 3 channels in 1 groups: kernel needs 3 channels"
            ),
            Refusal(
                [X[:, :2], K],
                ShapeError,
                "conv2d: a window of height 3 does not fit into x, whose height is 2",
            ),
            Refusal([X, K], ShapeError, "conv2d: a window of height 7 does not fit", {"dilation": 3}),
            Refusal(
                [X, K, np.zeros(5, "float32")], ShapeError, r"conv2d: bias needs shape \(6,\), got \(5,\)"
            ),
            Refusal([X, K.astype("float64")], DTypeError, "conv2d: x is float32 but kernel is float64"),
            Refusal([X.astype("int32"), K.astype("int32")], DTypeError, "conv2d: x needs float32 or float64"),
            Refusal([X, K], ArgumentError, r"conv2d: strides must .* got \(0, 1\)", {"strides": (0, 1)}),
            Refusal([X, K], ArgumentError, r"conv2d: strides must .* got -1", {"strides": -1}),
            Refusal([X, K], ArgumentError, "conv2d: strides must", {"strides": 2**32}),
            Refusal([X, K], ArgumentError, "conv2d: dilation must", {"dilation": (1, 0)}),
            Refusal(
                [X, K], ShapeError, "conv2d: a window of height 4294967295 does not", {"dilation": 2**31 - 1}
            ),
            Refusal([X, K], ArgumentError, "conv2d: groups must be", {"groups": 0}),
            Refusal([X, K], ArgumentError, "conv2d: groups must be .* 4, .* 6; got 4", {"groups": 4}),
            Refusal([X, K], ArgumentError, 'conv2d: padding must .* got "some"', {"padding": "some"}),
            Refusal([X, K], ArgumentError, "conv2d: padding must", {"padding": ((0, 0), (0, -1))}),
            Refusal([X, K], ArgumentError, "conv2d: padding must", {"padding": ((2**62, 0), (0, 0))}),
            Refusal([X, K], ArgumentError, "conv2d: one row of windows", {"padding": ((0, 0), (2**30, 0))}),
            Refusal([X, K], ArgumentError, "conv2d: unknown activation", {"activation": "bent"}),
        ],
        atol=5e-5,
    ),
]
