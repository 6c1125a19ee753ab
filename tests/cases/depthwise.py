"""Cases of depthwise_conv2d."""

from __future__ import annotations

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, away_from, fixed, normal, uniform
from cases.pool import padding_of, pair

X = np.zeros((2, 5, 6, 3), dtype="float32")
K = np.zeros((3, 2, 3, 2), dtype="float32")
SIGNED = np.tile(np.resize([1.0, -0.5], (20, 1)), (3, 3, 1, 1))  # positive and negative sums by turns

ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "silu": lambda z: z / (1 + np.exp(-z)),
}


def depthwise(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    strides: Any = (1, 1),
    padding: Any = "valid",
    dilation: Any = (1, 1),
    activation: str = "linear",
) -> Array:
    """One tap at a time: the padded image, shifted and thinned out, times that tap's weights."""
    (down, across), (step_down, step_across) = pair(strides), pair(dilation)
    rows, columns, channels, multiplier = kernel.shape
    spans = ((rows - 1) * step_down + 1, (columns - 1) * step_across + 1)
    pads = [
        padding_of(
            x.shape[i + 1], spans[i], pair(strides)[i], padding if isinstance(padding, str) else padding[i]
        )
        for i in range(2)
    ]
    wide = np.pad(x, [(0, 0), *pads, (0, 0)])
    height = (wide.shape[1] - spans[0]) // down + 1
    width = (wide.shape[2] - spans[1]) // across + 1
    z = np.zeros((x.shape[0], height, width, channels, multiplier))
    for r in range(rows):
        for s in range(columns):
            top, left = r * step_down, s * step_across
            seen = wide[
                :, top : top + (height - 1) * down + 1 : down, left : left + (width - 1) * across + 1 : across
            ]
            z += seen[..., None] * kernel[r, s]
    z = z.reshape(*z.shape[:3], channels * multiplier)
    return ACTIVATIONS[activation](z if bias is None else z + bias)


def refuse(
    error: type[Exception], match: str, x: Array = X, kernel: Array = K, *bias: Array, **kwargs: Any
) -> Refusal:
    return Refusal([x, kernel, *bias], error, f"depthwise_conv2d: {match}", kwargs)


CASES = [
    Case(
        "depthwise_conv2d",
        depthwise,
        [
            Call([normal(2, 7, 8, 16), normal(3, 3, 16, 1), normal(16)]),
            Call([normal(2, 7, 8, 16), normal(3, 3, 16, 1)], {"padding": "same"}),
            Call([normal(1, 5, 27, 33), normal(3, 3, 33, 1), normal(33)], {"padding": "same"}),
            Call([normal(2, 9, 8, 65), normal(3, 3, 65, 1)], {"strides": 2, "padding": "same"}),
            Call([normal(2, 9, 12, 65), normal(3, 3, 65, 1)], {"strides": (2, 3)}),
            Call(
                [normal(1, 9, 30, 1), normal(5, 5, 1, 1), normal(1)], {"strides": (1, 2), "padding": "same"}
            ),
            Call([normal(1, 8, 9, 5), normal(1, 1, 5, 1)]),
            Call([normal(1, 8, 9, 5), normal(1, 4, 5, 1)], {"padding": ((2, 0), (5, 7))}),
            Call([normal(1, 8, 9, 5), normal(3, 2, 5, 1)], {"padding": [[4, 3], [6, 1]], "strides": (3, 2)}),
            Call([normal(1, 11, 24, 20), normal(3, 3, 20, 1)], {"dilation": 2, "padding": "same"}),
            Call([normal(1, 11, 13, 4), normal(3, 3, 4, 1)], {"dilation": (2, 3), "strides": (2, 1)}),
            Call(
                [normal(1, 11, 13, 4), normal(3, 2, 4, 2)],
                {"dilation": (1, 4), "strides": 3, "padding": "same"},
            ),
            Call([normal(1, 2, 2, 3), normal(2, 2, 3, 1)], {"dilation": 5, "padding": "same"}),
            Call([normal(2, 6, 5, 3), normal(3, 3, 3, 2), normal(6)]),
            Call([normal(2, 6, 5, 3), normal(3, 3, 3, 7), normal(21)], {"padding": "same", "strides": 2}),
            Call([normal(1, 6, 5, 1), normal(3, 3, 1, 17)], {"padding": "same"}),
            Call(
                [away_from(0, 1, 6, 5, 4), uniform(0.5, 1, 1, 1, 4, 1), fixed(None)], {"activation": "relu"}
            ),
            Call([normal(2, 6, 5, 4), normal(3, 3, 4, 1), normal(4)], {"activation": "tanh"}),
            Call(
                [normal(2, 6, 5, 4), normal(3, 3, 4, 3), normal(12)],
                {"activation": "silu", "padding": "same"},
            ),
            Call([normal(3, 25, 25, 18), normal(3, 3, 18, 1), normal(18)], {"padding": "same"}),
            Call([normal(0, 6, 5, 4), normal(3, 3, 4, 1), normal(4)], {"activation": "relu"}),
            Call([normal(0, 6, 5, 4), normal(3, 3, 4, 2)], {"strides": 2}),
            # three by three taps, one and two pixels apart: bands of rows, images that are all border
            Call([normal(2, 9, 41, 17), normal(3, 3, 17, 1), normal(17)], {"padding": "same"}),
            Call([normal(2, 11, 43, 17), normal(3, 3, 17, 1), normal(17)], {"padding": "same", "strides": 2}),
            Call([normal(1, 10, 44, 32), normal(3, 3, 32, 1)], {"padding": "same", "strides": 2}),
            Call([normal(1, 10, 40, 5), normal(3, 3, 5, 1)], {"strides": 2}),
            Call([normal(2, 3, 3, 48), normal(3, 3, 48, 1)], {"padding": "same"}),
            Call([normal(2, 3, 3, 48), normal(3, 3, 48, 1)], {"padding": "same", "strides": 2}),
            Call([normal(3, 1, 1, 19), normal(3, 3, 19, 1)], {"padding": "same"}),
            Call([normal(3, 2, 1, 19), normal(3, 3, 19, 1)], {"padding": "same", "strides": 2}),
            Call([normal(1, 4, 6, 18), normal(3, 3, 18, 1)], {"padding": ((3, 4), (5, 3))}),
            Call([normal(1, 4, 6, 18), normal(3, 3, 18, 1)], {"padding": ((3, 4), (5, 3)), "strides": 2}),
            Call([normal(1, 6, 5, 18), normal(3, 3, 18, 1)], {"padding": ((1, 0), (1, 0)), "strides": 2}),
            Call([normal(1, 3, 205, 3), normal(3, 3, 3, 1)], {"padding": "same"}),
            Call([normal(2, 9, 8, 18), normal(3, 3, 18, 1)], {"padding": "same", "strides": (1, 2)}),
            Call([normal(2, 9, 8, 18), normal(3, 3, 18, 1)], {"padding": "same", "strides": 3}),
            Call([normal(2, 7, 9, 18), normal(3, 3, 18, 2)], {"padding": "same", "dilation": (1, 2)}),
            Call(
                [uniform(0.5, 1, 1, 6, 7, 20), fixed(SIGNED), fixed(None)],
                {"activation": "relu", "strides": 2},
            ),
        ],
        [
            refuse(ShapeError, r"x needs shape \(n, height, width, channels\), got \(5, 6, 3\)", X[0]),
            refuse(ShapeError, "x needs a height and a width from 1", X[:, :0]),
            refuse(ShapeError, r"kernel needs shape .*, got \(2, 3, 2\)", X, K[0]),
            refuse(ShapeError, r"kernel needs shape .* without a zero, got \(3, 2, 3, 0\)", X, K[..., :0]),
            refuse(
                ShapeError,
                r"kernel needs shape .* without a zero, got \(3, 2, 0, 2\)",
                X[..., :0],
                K[:, :, :0],
            ),
            refuse(
                ShapeError, r"x has 2 channels, but the kernel of shape \(3, 2, 3, 2\) needs 3", X[..., :2]
            ),
            refuse(ShapeError, r"bias needs shape \(6,\), got \(3,\)", X, K, K[0, 0, :, 0]),
            refuse(DTypeError, "x is float32 but kernel is float64", X, K.astype("float64")),
            refuse(DTypeError, "bias is float64 but x is float32", X, K, np.zeros(6)),
            refuse(DTypeError, "x needs float32 or float64, got int32", X.astype("int32"), K.astype("int32")),
            refuse(
                ShapeError, "a window of height 7 does not fit into x, whose height is 5", dilation=(3, 1)
            ),
            refuse(ArgumentError, r"strides must .*, got \(0, 1\)", strides=(0, 1)),
            refuse(ArgumentError, "strides must .*, got 4294967296", strides=2**32),
            refuse(ArgumentError, r"dilation must .*, got \(1, -1\)", dilation=(1, -1)),
            refuse(ShapeError, "a window of height 4294967295 does not fit", dilation=2**31 - 1),
            refuse(ArgumentError, 'padding must .*, got "full"', padding="full"),
            refuse(ArgumentError, r"padding must .*, got \(\(0, -1\), \(0, 0\)\)", padding=((0, -1), (0, 0))),
            refuse(ArgumentError, "unknown activation 'bent'", activation="bent"),
        ],
        atol=1e-5,
    ),
]
