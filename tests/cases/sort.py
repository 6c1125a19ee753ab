"""Cases of order and of running sums, in the families `index` and `reduce`."""

from __future__ import annotations

import numpy as np

from afina.errors import ArgumentError, DTypeError, IndexRangeError
from cases.case import Array, Call, Case, Make, Refusal, booleans, distinct, fixed, integers, normal

X = np.zeros((4, 3), dtype="float32")


def argsort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    """Stable; NaN is the largest."""
    if not descending:
        return np.argsort(x, axis, kind="stable")
    flipped = np.flip(x, axis)
    return x.shape[axis] - 1 - np.flip(np.argsort(flipped, axis, kind="stable"), axis)


def sort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    return np.take_along_axis(x, argsort(x, axis, descending), axis)


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    order = argsort(x, -1, True)[..., :k]
    return np.take_along_axis(x, order, -1), order


def with_zeros(*shape: int) -> Make:
    """Normal numbers, a third of them zeros."""
    return lambda rng: rng.standard_normal(shape) * (rng.random(shape) < 2 / 3)


ORDERED = [
    Call([distinct(4, 7)]),
    Call([distinct(4, 7)], {"descending": True}),
    Call([distinct(3, 5, 6)], {"axis": 1}),
    Call([distinct(3, 5, 6)], {"axis": 0, "descending": True}),
    Call([integers(0, 4, 3, 50)]),
    Call([integers(0, 4, 3, 50)], {"descending": True}),
    Call([booleans(9)]),
    Call([distinct(3, 0)]),
    Call([distinct(0, 3)]),
    Call([distinct(20, 700)]),
    Call([fixed(np.array([1.0, np.nan, -np.inf, np.nan, np.inf]))], gradient=False, why="NaN has no slope"),
    Call(
        [fixed(np.array([1.0, np.nan, -np.inf, 0.0]))],
        {"descending": True},
        gradient=False,
        why="NaN has no slope",
    ),
]
AXES = [
    Refusal([X], IndexRangeError, "axis 2", {"axis": 2}),
    Refusal([np.zeros((), "float32")], IndexRangeError, "axis"),
]
LINES = [
    Call([normal(4, 7)]),
    Call([normal(3, 5, 6)], {"axis": 1}),
    Call([normal(3, 5, 6)], {"axis": 0}),
    Call([normal(7)]),
    Call([normal(3, 0)]),
    Call([normal(0, 3)]),
    Call([normal(30, 3000)]),
    Call([integers(-3, 4, 3, 9)]),
]
SUMMED = [*AXES, Refusal([X.astype(bool)], DTypeError, "needs float32, float64, int32 or int64, got bool")]

CASES = [
    Case("argsort", argsort, ORDERED, AXES),
    Case("sort", sort, ORDERED, AXES),
    Case(
        "top_k",
        top_k,
        [
            Call([distinct(4, 7)], {"k": 3}),
            Call([distinct(2, 3, 9)], {"k": 9}),
            Call([integers(0, 3, 5, 20)], {"k": 4}),
            Call([distinct(9)], {"k": 1}),
        ],
        [
            Refusal(
                [X], ArgumentError, "top_k: k must lie in 1 to 3, the size of the last axis, got 4", {"k": 4}
            ),
            Refusal([X], ArgumentError, "got 0", {"k": 0}),
            Refusal([np.zeros((), "float32")], IndexRangeError, "top_k: axis", {"k": 1}),
        ],
    ),
    Case("cumsum", lambda x, axis=-1: np.cumsum(x, axis), LINES, SUMMED, atol=3e-5),
    Case(
        "cumprod",
        lambda x, axis=-1: np.cumprod(x, axis),
        [*LINES, Call([with_zeros(20, 9)]), Call([with_zeros(3, 9, 4)], {"axis": 1})],
        SUMMED,
    ),
]
