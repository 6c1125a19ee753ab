"""Cases of the family `index`."""

import numpy as np

from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Call, Case, Refusal, integers, normal

X = np.zeros((4, 3), dtype="float32")
I = np.array([0, 1], dtype="int64")

CASES = [
    Case(
        "gather",
        lambda x, indices, axis=0: np.take(x, indices, axis=axis),
        [
            Call([normal(4, 3), integers(-4, 4, 5)]),
            Call([normal(4, 3), integers(0, 3, 2, 6, dtype="int32")], {"axis": 1}),
            Call([normal(2, 5, 70), integers(0, 5, 9)], {"axis": -2}),
            Call([normal(4, 3), integers(0, 1, 0)]),
        ],
        [
            Refusal([X, np.array([4])], IndexRangeError, r"gather: indices\[0\].* is 4, allowed: -4 to 3"),
            Refusal([X, np.array([0, -5])], IndexRangeError, r"gather: indices\[1\].* is -5"),
            Refusal([X, np.array([0.0])], DTypeError, "gather: indices need int32 or int64"),
            Refusal([X, I], IndexRangeError, "gather: axis 2", {"axis": 2}),
        ],
    ),
    Case(
        "embedding",
        lambda indices, table: table[indices],
        [
            Call([integers(0, 7, 2, 3), normal(7, 4)]),
            Call([integers(0, 7, 9, dtype="int32"), normal(7, 100)]),
        ],
        [
            Refusal([I, X[0]], ShapeError, "embedding: the table must be"),
            Refusal([np.array([2**62]), X], IndexRangeError, "is 4611686018427387904"),
        ],
    ),
    Case(
        "one_hot",
        lambda indices, depth, dtype="float32": np.eye(depth)[indices],
        [
            Call([integers(0, 4, 5)], {"depth": 4}),
            Call([integers(0, 3, 2, 2)], {"depth": 3, "dtype": "int32"}),
        ],
        [
            Refusal([I], ArgumentError, "one_hot: depth must be at least 1", {"depth": 0}),
            Refusal([I], IndexRangeError, "one_hot: indices", {"depth": 1}),
        ],
    ),
    Case(
        "take_along_axis",
        np.take_along_axis,
        [
            Call([normal(4, 3), integers(0, 3, 4, 2)], {"axis": 1}),
            Call([normal(4, 3), integers(-4, 4, 6, 3)], {"axis": 0}),
        ],
        [Refusal([X, np.zeros((4,), dtype="int64")], ShapeError, "take_along_axis: indices", {"axis": 0})],
    ),
]
