"""Cases of the family `linear`."""

from __future__ import annotations

import math

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, fixed, normal

A = np.zeros((3, 4), dtype="float32")
SCALAR = np.zeros((), dtype="float32")


def matmul(a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    b = np.swapaxes(b, -1, -2) if transpose_b else b
    return np.matmul(a, b)


def linear(x: Array, kernel: Array, bias: Array | None = None, activation: str = "linear") -> Array:
    z = x @ kernel + (0 if bias is None else bias)
    return activated(z, activation)


def activated(z: Array, activation: str) -> Array:
    """The activations that close a product."""
    return {
        "linear": lambda: z,
        "relu": lambda: np.maximum(z, 0),
        "relu6": lambda: np.clip(z, 0, 6),
        "sigmoid": lambda: 1 / (1 + np.exp(-z)),
        "tanh": lambda: np.tanh(z),
        "leaky_relu": lambda: np.where(z > 0, z, 0.3 * z),
        "elu": lambda: np.where(z > 0, z, np.expm1(z)),
        "softplus": lambda: np.log1p(np.exp(z)),
        "silu": lambda: z / (1 + np.exp(-z)),
        "gelu": lambda: z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2,
    }[activation]()


CASES = [
    Case(
        "matmul",
        matmul,
        [
            Call([normal(3, 5), normal(5, 4)]),
            Call([normal(1, 1), normal(1, 1)]),
            Call([normal(5, 13), normal(5, 37)], {"transpose_a": True}),
            Call([normal(17, 23), normal(33, 23)], {"transpose_b": True}),
            Call([normal(7, 30), normal(19, 7)], {"transpose_a": True, "transpose_b": True}),
            Call([normal(29, 600), normal(600, 65)]),
            Call([normal(600, 29), normal(600, 65)], {"transpose_a": True}),
            Call([normal(29, 600), normal(65, 600)], {"transpose_b": True}),
            Call([normal(2, 3, 4, 5), normal(2, 3, 5, 6)]),
            Call([normal(2, 1, 4, 5), normal(3, 5, 6)]),
            Call([normal(6, 4, 5), normal(5, 6)]),
            Call([normal(6, 5, 4), normal(5, 6)], {"transpose_a": True}),
            Call([normal(4, 5), normal(3, 6, 5)], {"transpose_b": True}),
            Call([normal(5), normal(5, 4)]),
            Call([normal(3, 5), normal(5)]),
            Call([normal(2, 3, 5), normal(5)]),
            Call([normal(5), normal(2, 5, 4)]),
            Call([normal(5), normal(5)]),
            Call([normal(0, 5), normal(5, 4)]),
            Call([normal(3, 0), normal(0, 4)]),
            Call([normal(0, 3, 5), normal(5, 4)]),
            Call([normal(0, 3, 5), normal(1, 5, 4)]),
            Call([normal(260, 30), normal(30, 290)]),
            Call([normal(4500, 20), normal(4500, 9)], {"transpose_a": True}),  # a long k is split
            Call([normal(90, 100), normal(1, 100)], {"transpose_b": True}),  # dot products
            Call([normal(3, 101), normal(37, 101)], {"transpose_b": True}),
            Call([normal(37, 1200), normal(1200, 130)]),  # rows of a are copied
            Call([normal(9, 1030), normal(9, 130)], {"transpose_a": True}),  # a few stripes at a time
            Call([normal(13, 40), normal(40, 1101)]),  # rows of the product are pages apart
            Call([normal(25, 9), normal(1101, 9)], {"transpose_b": True}),
        ],
        [
            Refusal(
                [A, A],
                ShapeError,
                r"matmul: cannot multiply a of shape .* by b .*: inner sizes 4 and 3",
            ),
            Refusal([A, A.astype("float64").T], DTypeError, "matmul: a and b must have one dtype"),
            Refusal([A.astype("int64"), A.astype("int64").T], DTypeError, "matmul: a and b need float32"),
            Refusal([SCALAR, A], ShapeError, "matmul: a and b need at least one axis"),
            Refusal([A, SCALAR], ShapeError, "matmul: a and b need at least one axis"),
            Refusal([A[0], A.T], ArgumentError, "matmul: transpose_a is set", {"transpose_a": True}),
            Refusal(
                [A[None].repeat(2, 0), A.T[None].repeat(3, 0)],
                ShapeError,
                "matmul: .*broadcast",
            ),
        ],
        atol=5e-5,
    ),
    Case(
        "linear",
        linear,
        [
            Call([normal(3, 5), normal(5, 4), normal(4)]),
            Call([normal(3, 5), normal(5, 4)]),
            Call([normal(3, 5), normal(5, 4), fixed(None)], {"activation": "relu"}),
            Call([normal(2, 3, 7), normal(7, 33), normal(33)], {"activation": "relu"}),
            Call([normal(7), normal(7, 3), normal(3)]),
            *(
                Call([normal(5, 6), normal(6, 19), normal(19)], {"activation": name})
                for name in ("sigmoid", "tanh", "leaky_relu", "elu", "softplus", "silu", "gelu")
            ),
            Call([normal(64, 300), normal(300, 10), normal(10)]),
            Call([normal(1, 64), normal(64, 1), normal(1)]),
            Call([normal(30, 100), normal(100, 1), normal(1)], {"activation": "relu"}),
            Call([normal(0, 5), normal(5, 4), normal(4)], {"activation": "relu"}),
            Call([normal(3, 0), normal(0, 4), normal(4)]),
            Call([normal(3, 5), normal(5, 0), normal(0)]),
        ],
        [
            Refusal(
                [A, A],
                ShapeError,
                r"linear: x has shape \(3, 4\), but the kernel .* needs .* 3",
            ),
            Refusal([A, A[0]], ShapeError, r"linear: kernel needs shape \(inputs, units\), got \(4,\)"),
            Refusal([SCALAR, A], ShapeError, r"linear: x has shape \(\)"),
            Refusal([A, A.T, A[0]], ShapeError, r"linear: bias needs shape \(3,\), got \(4,\)"),
            Refusal([A, A.T, A], ShapeError, r"linear: bias needs shape \(3,\)"),
            Refusal([A, A.T.astype("float64")], DTypeError, "linear: x is float32 but kernel is float64"),
            Refusal([A, A.T, np.zeros(3)], DTypeError, "linear: bias is float64 but x is float32"),
            Refusal([A.astype("int32"), A.T.astype("int32")], DTypeError, "linear: x needs float32"),
            Refusal([A, A.T], ArgumentError, "linear: unknown activation 'bent'", {"activation": "bent"}),
        ],
        atol=5e-5,
    ),
]
