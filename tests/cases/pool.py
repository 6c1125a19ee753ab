"""Cases of the family `pool`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, normal

X = np.zeros((2, 5, 6, 3), dtype="float32")


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def padding_of(n: int, kernel: int, stride: int, padding: Any) -> tuple[int, int]:
    """TensorFlow's "same", nothing for "valid", else what is given."""
    if padding == "valid":
        return (0, 0)
    if padding == "same":
        total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        return (total // 2, total - total // 2)
    return tuple(padding)


def pooled(choose: Callable[[Array], Array]) -> Callable[..., Array]:
    """The reference: pad with NaN, then `choose` (which ignores NaN) over every window."""

    def reference(x: Array, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Array:
        sizes, steps = pair(pool_size), pair(pool_size if strides is None else strides)
        pads = [
            padding_of(
                x.shape[i + 1], sizes[i], steps[i], padding if isinstance(padding, str) else padding[i]
            )
            for i in range(2)
        ]
        wide = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(wide, sizes, axis=(1, 2))
        windows = windows[:, :: steps[0], :: steps[1]]
        return choose(windows) if windows.size else np.zeros(windows.shape[:4])

    return reference


CALLS = [
    Call([normal(2, 6, 8, 3)], {"pool_size": 2}),
    Call([normal(2, 6, 8, 3)], {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"}),
    Call([normal(1, 7, 5, 16)], {"pool_size": (2, 2)}),
    Call([normal(1, 7, 5, 16)], {"pool_size": (2, 2), "padding": "same"}),
    Call([normal(2, 9, 8, 65)], {"pool_size": 3, "strides": 2, "padding": "same"}),
    Call([normal(2, 9, 8, 65)], {"pool_size": 3, "strides": 2}),
    Call([normal(1, 8, 8, 1)], {"pool_size": 3, "strides": 1, "padding": "same"}),
    Call([normal(1, 8, 9, 5)], {"pool_size": (3, 2), "strides": (1, 3), "padding": ((2, 1), (0, 1))}),
    Call([normal(1, 8, 9, 7)], {"pool_size": (1, 1), "strides": (2, 3)}),
    Call([normal(1, 8, 9, 2)], {"pool_size": 2, "strides": 3}),
    Call([normal(1, 8, 9, 2)], {"pool_size": 2, "strides": 5, "padding": "same"}),
    Call([normal(1, 3, 4, 2)], {"pool_size": 9, "strides": 1, "padding": "same"}),
    Call([normal(1, 20, 20, 3)], {"pool_size": (17, 18), "strides": (3, 1)}),
    Call([normal(1, 20, 20, 18)], {"pool_size": (17, 18), "strides": 1}),
    Call([normal(2, 4, 4, 33)], {"pool_size": (4, 4)}),
    Call([normal(1, 1, 1, 1)], {"pool_size": 1}),
    Call([normal(1, 3, 1, 100)], {"pool_size": (2, 1), "strides": 1, "padding": [[1, 1], [0, 0]]}),
    Call([normal(0, 6, 8, 3)], {"pool_size": 2}),
    Call([normal(2, 6, 8, 0)], {"pool_size": 2}),
]


def refusals(op: str) -> list[Refusal]:
    """What both refuse."""

    def refuse(error: type[Exception], match: str, x: Array = X, **kwargs: Any) -> Refusal:
        return Refusal([x], error, f"{op}: {match}", {"pool_size": 2, **kwargs})

    return [
        refuse(ShapeError, r"x needs shape \(n, height, width, channels\), got \(5, 6, 3\)", X[0]),
        refuse(ShapeError, r"x needs shape .*, got \(1, 2, 5, 6, 3\)", X[None]),
        refuse(ShapeError, r"x needs shape .*, got \(\)", np.zeros((), "float32")),
        refuse(ShapeError, r"x needs a height and a width from 1 .*, got shape \(2, 0, 6, 3\)", X[:, :0]),
        refuse(ShapeError, "x needs a height and a width", X[:, :, :0], padding="same"),
        refuse(ShapeError, "a window of height 6 does not fit into x, whose height is 5", pool_size=(6, 1)),
        refuse(
            ShapeError,
            "a window of width 9 .* 8 with its padding",
            pool_size=(1, 9),
            padding=((0, 0), (1, 1)),
        ),
        refuse(DTypeError, "x needs float32 or float64, got int64", X.astype("int64")),
        refuse(
            ArgumentError, r"pool_size must be one or two whole numbers .*, got \(0, 2\)", pool_size=(0, 2)
        ),
        refuse(ArgumentError, r"pool_size must .*, got \(1, 2, 3\)", pool_size=(1, 2, 3)),
        refuse(ArgumentError, "pool_size must .*, got -1", pool_size=-1),
        refuse(ArgumentError, r"pool_size must .*, got \(\)", pool_size=()),
        refuse(ArgumentError, r"pool_size must .* to 2147483647, got 4294967296", pool_size=2**32),
        refuse(ArgumentError, "strides must .*, got 0", strides=0),
        refuse(ArgumentError, r"strides must .*, got \(1, -9223372036854775808\)", strides=(1, -(2**63))),
        refuse(ArgumentError, r'padding must be "valid", "same" or .*, got "full"', padding="full"),
        refuse(ArgumentError, r"padding must .*, got \(\(1, 1\),\)", padding=((1, 1),)),
        refuse(ArgumentError, r"padding must .*, got \(\(1, 1\), \(1,\)\)", padding=((1, 1), (1,))),
        refuse(ArgumentError, r"padding must .*, got \(\(0, -1\), \(0, 0\)\)", padding=((0, -1), (0, 0))),
        refuse(
            ArgumentError,
            r"padding must .*, got \(\(0, 0\), \(0, 4294967296\)\)",
            padding=((0, 0), (0, 2**32)),
        ),
        refuse(
            ArgumentError, "padding must be smaller than the window, got 2 and 0", padding=((2, 0), (0, 0))
        ),
    ]


CASES = [
    Case(
        "max_pool2d",
        pooled(lambda windows: np.nanmax(windows, axis=(-2, -1))),
        CALLS,
        [
            *refusals("max_pool2d"),
            Refusal(
                [X],
                ArgumentError,
                "pool_size covers 10000000000 values",
                {"pool_size": 100000, "padding": "same"},
            ),
        ],
    ),
    Case(
        "average_pool2d",
        pooled(lambda windows: np.nanmean(windows, axis=(-2, -1))),
        CALLS,
        refusals("average_pool2d"),
    ),
]
