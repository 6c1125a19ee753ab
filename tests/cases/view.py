"""Cases of the family `view`."""

import numpy as np

from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Call, Case, Refusal, integers, normal, sequence

X = np.zeros((2, 3), dtype="float32")


def numpy_slice(x, starts, stops, steps):
    return x[tuple(slice(*triple) for triple in zip(starts, stops, steps, strict=True))]


CASES = [
    Case(
        "reshape",
        lambda x, shape: x.reshape(shape),
        [
            Call([normal(2, 3)], {"shape": (3, 2)}),
            Call([normal(2, 6)], {"shape": (-1, 4)}),
            Call([normal(1)], {"shape": ()}),
            Call([normal(0, 3)], {"shape": (3, 0)}),
        ],
        [
            Refusal([X], ShapeError, r"reshape: .*\(2, 3\).*\(4, 2\)", {"shape": (4, 2)}),
            Refusal([X], ShapeError, "reshape: cannot infer", {"shape": (-1, -1)}),
            Refusal([X], ShapeError, "reshape: cannot infer", {"shape": (-1, 4)}),
            Refusal([X], ShapeError, "negative size", {"shape": (-2, -3)}),
            Refusal([X], ShapeError, "elements", {"shape": (2**40, 2**40)}),
        ],
    ),
    Case(
        "expand_dims",
        np.expand_dims,
        [Call([normal(2, 3)], {"axis": 1}), Call([normal(2, 3)], {"axis": -1})],
        [Refusal([X], IndexRangeError, "expand_dims: axis 4", {"axis": 4})],
    ),
    Case(
        "squeeze",
        lambda x, axis=None: np.squeeze(x, axis),
        [
            Call([normal(1, 3, 1)]),
            Call([normal(1, 3, 1)], {"axis": 0}),
            Call([normal(1, 3, 1)], {"axis": (0, -1)}),
        ],
        [
            Refusal([X], ShapeError, "squeeze: axis 1 .* size 3", {"axis": 1}),
            Refusal([X], ArgumentError, "squeeze: axis .* twice", {"axis": (0, 0)}),
        ],
    ),
    Case(
        "transpose",
        lambda x, axes=None: np.transpose(x, axes),
        [
            Call([normal(2, 3)]),
            Call([normal(37, 53)]),
            Call([normal(2, 3, 4)], {"axes": (1, 2, 0)}),
            Call([normal(2, 3, 4, 5)], {"axes": (0, 3, 1, 2)}),
            Call([normal(2, 0, 4)], {"axes": (2, 0, -2)}),
            Call([integers(0, 9, 3, 4)]),
        ],
        [
            Refusal([X], ShapeError, "transpose: axes names 3", {"axes": (0, 1, 2)}),
            Refusal([X], ArgumentError, "transpose: .* twice", {"axes": (0, 0)}),
            Refusal([X], IndexRangeError, "transpose: axis 2", {"axes": (0, 2)}),
        ],
    ),
    Case(
        "flip",
        lambda x, axis=None: np.flip(x, axis),
        [Call([normal(2, 3)]), Call([normal(4, 3)], {"axis": 0}), Call([normal(2, 3, 5)], {"axis": (0, -1)})],
        [Refusal([X], IndexRangeError, "flip: axis 2", {"axis": 2})],
    ),
    Case(
        "slice",
        numpy_slice,
        [
            Call([normal(5, 6)], {"starts": (1, 0), "stops": (4, 6), "steps": (1, 2)}),
            Call([normal(7)], {"starts": (5,), "stops": (1,), "steps": (-2,)}),
            Call([normal(4, 3)], {"starts": (-2,), "stops": (100,), "steps": (1,)}),
            Call([normal(4, 3)], {"starts": (3,), "stops": (2,), "steps": (1,)}),
        ],
        [
            Refusal([X], ArgumentError, "slice: the step", {"starts": [0], "stops": [1], "steps": [0]}),
            Refusal(
                [X], ShapeError, "slice: starts", {"starts": [0] * 3, "stops": [1] * 3, "steps": [1] * 3}
            ),
        ],
    ),
    Case(
        "concatenate",
        lambda tensors, axis=-1: np.concatenate(tensors, axis),
        [
            Call([sequence(normal(2, 3), normal(2, 1), normal(2, 4))]),
            Call([sequence(normal(2, 3), normal(0, 3))], {"axis": 0}),
            Call([sequence(normal(2, 3))]),
        ],
        [
            Refusal([[]], ArgumentError, "concatenate: needs at least one"),
            Refusal([[X, X[:1]]], ShapeError, r"concatenate: tensor 1 has shape \(1, 3\)"),
            Refusal([[X, X.astype("float64")]], DTypeError, "concatenate: tensor 1 is float64"),
            Refusal([[X, X]], IndexRangeError, "concatenate: axis 2", {"axis": 2}),
        ],
    ),
    Case(
        "stack",
        lambda tensors, axis=0: np.stack(tensors, axis),
        [Call([sequence(normal(2, 3), normal(2, 3))]), Call([sequence(normal(2), normal(2))], {"axis": -1})],
        [Refusal([[X, X[:1]]], ShapeError, "stack: tensor 1"), Refusal([[]], ArgumentError, "stack: needs")],
    ),
    Case(
        "pad",
        lambda x, paddings, value=0.0: np.pad(x, paddings, constant_values=value),
        [
            Call([normal(2, 3)], {"paddings": ((1, 2), (0, 1))}),
            Call([normal(2, 3)], {"paddings": ((0, 0), (3, 0)), "value": 1.5}),
            Call([normal(0, 3)], {"paddings": ((1, 0), (0, 0))}),
        ],
        [
            Refusal([X], ShapeError, "pad: paddings has 1 pairs", {"paddings": ((1, 2),)}),
            Refusal([X], ArgumentError, "pad: .*negative", {"paddings": ((-1, 2), (0, 0))}),
            Refusal([X], ShapeError, "pad|shape", {"paddings": ((2**62, 2**62), (0, 0))}),
        ],
    ),
]
