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


def outside(position: Array, size: int, fill_mode: str) -> Array:
    """Whole positions as those of pixels; -1 where the fill is read."""
    if fill_mode == "wrap":
        return position % size
    if fill_mode == "nearest":
        return np.clip(position, 0, size - 1)
    if fill_mode == "reflect":
        folded = position % (2 * size)
        return np.minimum(folded, 2 * size - 1 - folded)
    return np.where((position >= 0) & (position < size), position, -1)


def grid_sample(
    x: Array,
    points: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Array:
    sizes = x.shape[1:-1]
    result = np.zeros((*points.shape[1:], x.shape[-1]))
    rows = np.arange(len(x)).reshape(-1, *[1] * (points.ndim - 2))
    for corner in np.ndindex(*[2] * len(sizes)):
        share, places = np.ones(points.shape[1:]), []
        for axis, high in enumerate(corner):
            u = points[axis] if interpolation == "bilinear" else np.floor(points[axis] + 0.5)
            low = np.floor(u)
            share = share * (u - low if high else 1 - (u - low))
            places.append(outside(low.astype(int) + high, sizes[axis], fill_mode))
        inside = np.all([place >= 0 for place in places], axis=0)
        pixels = np.where(inside[..., None], x[(rows, *places)], fill_value)
        result += share[..., None] * pixels
    return result


def held(value: Array) -> Any:
    """Given points: a whole one more or less must not hang on the precision."""
    return lambda rng: value


def positions(*shape: int, far: float = 9.0) -> Any:
    """Points in and around small images, kept away from pixels' centres and borders."""

    def make(rng: np.random.Generator) -> Array:
        return np.floor(rng.uniform(-far, far, shape)) + rng.uniform(0.1, 0.4, shape)

    return make


CASES = [
    Case(
        "grid_sample",
        grid_sample,
        [
            *(
                Call(
                    [normal(2, 3, 4, 3), positions(2, 2, 5, 6)],
                    {"fill_mode": mode, "interpolation": kind, "fill_value": 0.7},
                )
                for mode in ("constant", "nearest", "reflect", "wrap")
                for kind in ("bilinear", "nearest")
            ),
            *(
                Call([normal(2, 3, 1, 2, 5), positions(3, 2, 40)], {"fill_mode": mode})
                for mode in ("constant", "nearest", "reflect", "wrap")
            ),
            Call([normal(2, 7, 19), positions(1, 2, 300)], {"fill_mode": "reflect"}),
            Call([normal(1, 1, 1), positions(1, 1, 9)], {"fill_mode": "wrap"}),
            Call([normal(1, 3, 3, 1), held(np.array([[[0.0, 2.0, -1.0]], [[1.0, 2.0, 3.0]]]))]),
            Call([normal(3, 30, 40, 20), positions(2, 3, 33, 21, far=50)]),
            Call([normal(0, 3, 4, 5), positions(2, 0, 6)]),
            Call([normal(2, 3, 4, 5), positions(2, 2, 0)]),
            Call([normal(2, 3, 4, 0), positions(2, 2, 6)]),
        ],
        [
            Refusal(
                [X[0, 0], X[:, :, 0]], ShapeError, r"grid_sample: x needs shape \(n, \*size.* got \(4, 2\)"
            ),
            Refusal([X[:, :0], X], ShapeError, "points needs shape"),
            Refusal([X[:, :0], np.zeros((2, 1, 3), "float32")], ShapeError, "x needs 1 to .* pixels"),
            Refusal(
                [X, X], ShapeError, r"points needs shape \(2, 1, \*out\) for x of shape \(1, 3, 4, 2\), got"
            ),
            Refusal([X, np.zeros((2, 1), "float32")], ShapeError, "points needs shape"),
            Refusal(
                [X, np.zeros((2, 1, 3))], DTypeError, "points needs the dtype of x, float32, got float64"
            ),
            Refusal([X.astype("uint8"), X], DTypeError, "x needs float32 or float64, got uint8"),
            Refusal([X, X], ArgumentError, "interpolation must be", {"interpolation": "cubic"}),
            Refusal([X, X], ArgumentError, 'fill_mode must be .* got "mirror"', {"fill_mode": "mirror"}),
        ],
        rtol=1e-4,  # float32's positions: nine pixels away they have six digits behind the point
        atol=2e-5,
    ),
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
