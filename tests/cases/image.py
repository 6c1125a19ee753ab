"""Cases of the family `image`."""

from __future__ import annotations

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, normal

X = np.zeros((1, 3, 4, 2), dtype="float32")


def weights(before: int, after: int, interpolation: str) -> Array:
    """(after, before): how much of each pixel goes into each of the new ones."""
    middle = (np.arange(after) + 0.5) * before / after
    if interpolation == "nearest":
        return np.eye(before)[np.minimum(middle.astype(int), before - 1)]
    distance = np.abs(np.clip(middle - 0.5, 0, before - 1)[:, None] - np.arange(before))
    return np.maximum(1 - distance, 0)


def resize2d(x: Array, size: Any, interpolation: str = "bilinear") -> Array:
    height, width = np.broadcast_to(size, 2)
    rows = weights(x.shape[1], height, interpolation)
    columns = weights(x.shape[2], width, interpolation)
    return np.einsum("ih,jw,nhwc->nijc", rows, columns, x)


CASES = [
    Case(
        "resize2d",
        resize2d,
        [
            Call([normal(2, 3, 4, 5)], {"size": (6, 8)}),
            Call([normal(2, 3, 4, 5)], {"size": (6, 8), "interpolation": "nearest"}),
            Call([normal(1, 5, 7, 17)], {"size": (15, 7)}),
            Call([normal(1, 5, 7, 1)], {"size": (3, 11)}),
            Call([normal(1, 5, 7, 3)], {"size": (3, 11), "interpolation": "nearest"}),
            Call([normal(1, 9, 8, 2)], {"size": 2}),
            Call([normal(1, 1, 1, 3)], {"size": 4}),
            Call([normal(3, 30, 40, 20)], {"size": (60, 80)}),
            Call([normal(0, 3, 4, 5)], {"size": 6}),
            Call([normal(2, 3, 4, 0)], {"size": 6}),
        ],
        [
            Refusal([X[0]], ShapeError, r"resize2d: x needs shape .* got \(3, 4, 2\)", {"size": 2}),
            Refusal([X[:, :0]], ShapeError, "resize2d: x needs shape .* with pixels", {"size": 2}),
            Refusal([X.astype("uint8")], DTypeError, "x needs float32 or float64, got uint8", {"size": 2}),
            Refusal([X], ArgumentError, "resize2d: size must be one or two .* got 0", {"size": 0}),
            Refusal([X], ArgumentError, r"got \(1, 2, 3\)", {"size": (1, 2, 3)}),
            Refusal([X], ShapeError, "elements", {"size": 2**31 - 1}),
            Refusal([X], ArgumentError, "interpolation must be", {"size": 2, "interpolation": "cubic"}),
        ],
    ),
]
