"""Cases of the family `reduce`."""

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Array, Call, Case, Refusal, booleans, distinct, fixed, integers, normal, positive

X = np.zeros((2, 3), dtype="float32")
NOTHING = np.zeros((2, 0), dtype="float32")
AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": 1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (-1, 0), "keepdims": True},
    {"axis": ()},
    {"axis": [1, 2]},
    {"keepdims": True},
]


def tupled(reference: Any) -> Any:
    """NumPy takes tuples, not lists, of axes."""

    def run(x: Array, axis: Any = None, **more: Any) -> Any:
        return reference(x, axis=tuple(axis) if isinstance(axis, list) else axis, **more)

    return run


def over_axes(make: Any) -> list[Call]:
    return [
        *(Call([make(3, 4, 5)], kwargs) for kwargs in AXES),
        Call([make()]),
        Call([make(167)]),
        Call([make(2, 131)], {"axis": 1}),
        Call([make(131, 67)], {"axis": 0}),
        Call([make(3, 1, 5, 1, 2)], {"axis": (1, 2)}),
        Call([make(2, 3, 2, 3)], {"axis": (1, 3)}),
        Call([make(0, 3)], {"axis": 1}),
    ]


def refusals(name: str) -> list[Refusal]:
    return [
        Refusal([X], IndexRangeError, f"{name}: axis 2", {"axis": 2}),
        Refusal([X], IndexRangeError, f"{name}: axis -3", {"axis": (0, -3)}),
        Refusal([X], ArgumentError, f"{name}: axis -1 is named twice", {"axis": (1, -1)}),
        Refusal([X], IndexRangeError, f"{name}: axis", {"axis": -(2**62)}),
        Refusal([X], TypeError, name, {"axis": "rows"}),
        Refusal([X], TypeError, name, {"axis": 0.5}),
    ]


def wide(x: Array, **kwargs: Any) -> Any:
    """log(sum(e^x)) in the plain way, right for moderate x."""
    return np.log(np.sum(np.exp(x), **kwargs))


def integer_calls(make: Any = integers) -> list[Call]:
    return [Call([make(-9, 9, 4, 5, dtype=d)], {"axis": 0}) for d in ("int32", "int64")]


EMPTY = Call([normal(2, 0)], {"axis": 1})
NO_CHOICE = Refusal([NOTHING], ShapeError, r"\(2, 0\) has no elements to choose from", {"axis": 1})

CASES = [
    Case(
        "sum",
        tupled(np.sum),
        [*over_axes(normal), *integer_calls(), Call([booleans(70)]), EMPTY],
        refusals("sum"),
    ),
    Case(
        "mean",
        tupled(np.mean),
        [
            *over_axes(normal)[:-1],
            *integer_calls(),
            Call([integers(0, 255, 9, 8, dtype="uint8")], {"axis": 1}),
        ],
        refusals("mean"),
    ),
    Case(
        "prod",
        tupled(np.prod),
        [*over_axes(positive)[:-6], *integer_calls(), EMPTY],
        refusals("prod"),
        rtol=2e-5,
    ),
    Case(
        "max",
        tupled(np.max),
        [
            *over_axes(distinct),
            *integer_calls(),
            Call([integers(0, 255, 5, 300, dtype="uint8")], {"axis": 1}),
        ],
        [*refusals("max"), NO_CHOICE],
    ),
    Case(
        "min",
        tupled(np.min),
        [
            *over_axes(distinct),
            *integer_calls(),
            Call([integers(0, 255, 5, 300, dtype="uint8")], {"axis": 1}),
        ],
        [*refusals("min"), NO_CHOICE],
    ),
    Case("any", tupled(np.any), [*over_axes(booleans), *integer_calls(), EMPTY], refusals("any")),
    Case("all", tupled(np.all), [*over_axes(booleans), *integer_calls(), EMPTY], refusals("all")),
    Case(
        "logsumexp",
        tupled(wide),
        over_axes(normal),
        [
            *refusals("logsumexp"),
            Refusal([NOTHING], ShapeError, "no elements", {"axis": 1}),
            Refusal([X.astype("int32")], DTypeError, "logsumexp: needs float32 or float64, got int32"),
        ],
    ),
    *(
        Case(
            name,
            tupled(reference),
            [
                *(
                    Call([normal(3, 4, 5)], kwargs)
                    for kwargs in AXES
                    if kwargs.get("axis") != () or name == "var"
                ),
                Call([normal(131, 67)], {"axis": 0, "ddof": 1}),
                Call([integers(0, 2, 8) if name == "var" else fixed(np.array([1, 1, 5, 5]))]),
            ],
            [
                *refusals(name),
                Refusal([X], ArgumentError, f"{name}: needs 0 <= ddof < number", {"ddof": 6}),
                Refusal([X], ArgumentError, f"{name}: needs 0 <= ddof < number", {"ddof": -1}),
                Refusal([NOTHING], ArgumentError, f"{name}: needs 0 <= ddof < number"),
            ],
        )
        for name, reference in (("var", np.var), ("std", np.std))
    ),
    *(
        Case(
            name,
            lambda x, axis=-1, reference=reference: reference(x, axis=axis),
            [
                *(Call([distinct(3, 4, 5)], {"axis": axis}) for axis in (None, 0, 1, -1)),
                Call([distinct(131, 67)], {"axis": 0}),
                Call([distinct(2, 331)]),
                Call([integers(0, 4, 9, 70, dtype="uint8")]),
                Call([booleans(9, 3)], {"axis": 0}),
                Call([normal(0, 3)]),
            ],
            [
                Refusal([X], IndexRangeError, f"{name}: axis 2", {"axis": 2}),
                Refusal([X], TypeError, name, {"axis": (0, 1)}),
                Refusal([NOTHING], ShapeError, f"{name}: .* no elements", {"axis": 1}),
                Refusal([NOTHING], ShapeError, f"{name}: .* no elements", {"axis": None}),
            ],
        )
        for name, reference in (("argmax", np.argmax), ("argmin", np.argmin))
    ),
]
