"""Cases of the family `norm`."""

import numpy as np

from afina.errors import DTypeError, IndexRangeError
from cases.case import Array, Call, Case, Refusal, normal

X = np.zeros((4, 3), dtype="float32")


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x - log(sum(exp(x))), shifted by the maximum."""
    shifted = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


SOFTMAX_CALLS = [
    Call([normal(7, 10)]),
    Call([normal(3, 1000)], {}, False, "the sum of 3,000 logarithms drowns a central difference"),
    Call([normal(2, 5000)], {}, False, "the same"),
    Call([normal(1)]),
    Call([normal(6, 5, 33)], {"axis": 1}),
    Call([normal(9, 4)], {"axis": 0}),
    Call([normal(0, 4)]),
    Call([normal(2, 0, 3)], {"axis": 2}),
]


def softmax_refusals(op: str) -> list[Refusal]:
    """What both refuse."""
    return [
        Refusal([X], IndexRangeError, f"{op}: axis 2", {"axis": 2}),
        Refusal([np.zeros((), "float32")], IndexRangeError, f"{op}: axis -1"),
        Refusal([X.astype("int32")], DTypeError, f"{op}: needs float32 or float64, got int32"),
    ]


CASES = [
    Case(
        "softmax",
        lambda x, axis=-1: np.exp(log_softmax(x, axis)),
        SOFTMAX_CALLS,
        softmax_refusals("softmax"),
    ),
    Case("log_softmax", log_softmax, SOFTMAX_CALLS, softmax_refusals("log_softmax")),
]
