"""Cases of the family `elementwise`."""

import math
from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import (
    Array,
    Call,
    Case,
    Make,
    Refusal,
    away_from,
    booleans,
    distinct,
    fixed,
    integers,
    normal,
    positive,
    uniform,
)

X = np.zeros((2, 3), dtype="float32")
WHOLE = np.ones((2, 3), dtype="int32")
BYTES = np.ones((2, 3), dtype="uint8")
WIDE = np.zeros((2, 3), dtype="float64")
TALL = np.zeros((4, 3), dtype="float32")

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def gelu(x: Array, approximate: bool = False) -> Array:
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def shapes(make: Any) -> list[Call]:
    """One value, none, an odd row, and enough for every path of the loop."""
    return [Call([make(3, 5)]), Call([make()]), Call([make(0, 3)]), Call([make(33)]), Call([make(2, 3, 167)])]


def unary(
    name: str, reference: Any, make: Any, *more: Call, refused: Array = WHOLE, **tolerance: float
) -> Case:
    refusal = Refusal([refused], DTypeError, f"{name}: needs float32.*got {refused.dtype}")
    return Case(name, reference, [*shapes(make), *more], [refusal], **tolerance)


def numbers(low: float, high: float) -> Any:
    return lambda *shape: uniform(low, high, *shape)


def kinked(at: float) -> Any:
    return lambda *shape: away_from(at, *shape)


def scaled(make: Make, factor: float) -> Make:
    return lambda rng: factor * make(rng)


def clear_of(kinks: tuple[float, ...], low: float, high: float) -> Any:
    """Numbers in [low, high], none within 0.05 of a kink."""

    def make(*shape: int) -> Make:
        def draw(rng: np.random.Generator) -> Array:
            x = rng.uniform(low, high, shape)
            for kink in kinks:
                x = np.where(abs(x - kink) < 0.05, kink + 0.1, x)
            return x

        return draw

    return make


MATH = [
    unary("negative", np.negative, normal, Call([integers(-5, 5, 7)]), refused=BYTES),
    unary("exp", np.exp, numbers(-5, 5)),
    unary("log", np.log, positive),
    unary("log1p", np.log1p, numbers(-0.5, 3)),
    unary("expm1", np.expm1, numbers(-2, 2)),
    unary("sqrt", np.sqrt, positive),
    unary("rsqrt", lambda x: 1 / np.sqrt(x), positive),
    unary("square", np.square, normal, Call([integers(-5, 5, 7, dtype="int32")]), refused=BYTES),
    unary("reciprocal", lambda x: 1 / x, kinked(0.0), rtol=1e-5),
    unary("abs", np.abs, kinked(0.0), Call([integers(-5, 5, 7)]), refused=BYTES),
    unary(
        "sign", np.sign, kinked(0.0), Call([integers(-5, 5, 7)]), Call([fixed(np.zeros(3))]), refused=BYTES
    ),
    unary("floor", np.floor, numbers(-9, 9)),
    unary("ceil", np.ceil, numbers(-9, 9)),
    unary("round", np.round, numbers(-9, 9), Call([fixed(np.arange(-4.5, 5.0))])),
    unary("sin", np.sin, numbers(-9, 9)),
    unary("cos", np.cos, numbers(-9, 9)),
    Case(
        "clip",
        np.clip,
        [
            Call([clear_of((-0.5, 1.0), -3, 3)(5, 7), fixed(-0.5), fixed(1.0)]),
            Call([normal(0), fixed(0), fixed(1)]),
        ],
        [
            Refusal([X, 1.0, 0.0], ArgumentError, "clip: min must not exceed max, got 1 and 0"),
            Refusal([X, math.nan, 0.0], ArgumentError, "clip: min"),
            Refusal([WHOLE, 0.0, 1.0], DTypeError, "clip: needs float32 or float64, got int32"),
        ],
    ),
    Case(
        "cast",
        lambda x, dtype: np.asarray(x).astype(dtype),
        [
            Call([normal(3, 5), fixed("float64")], gradient=False, why="has a test of its own"),
            Call([normal(3, 5), fixed("float32")], gradient=False, why="has a test of its own"),
            *(
                Call([uniform(0, 9, 33), fixed(d)], gradient=False, why="integers")
                for d in ("int32", "int64", "uint8")
            ),
            Call([uniform(-9, 9, 33), fixed("bool")], gradient=False, why="bool"),
            *(Call([integers(0, 3, 35), fixed(d)]) for d in ("bool", "uint8", "int32", "float32", "float64")),
            *(Call([booleans(35), fixed(d)]) for d in ("uint8", "int64", "float32", "bool")),
        ],
        [Refusal([X, "complex64"], DTypeError, "dtype.*complex64")],
        rtol=1e-6,
    ),
]

ACTIVATIONS = [
    unary("relu", lambda x: np.maximum(x, 0), kinked(0.0), Call([integers(-5, 5, 7)]), refused=BYTES),
    unary("relu6", lambda x: np.clip(x, 0, 6), clear_of((0.0, 6.0), -3, 9)),
    unary("sigmoid", sigmoid, numbers(-6, 6)),
    unary("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1), clear_of((-3.0, 3.0), -5, 5)),
    unary("tanh", np.tanh, numbers(-3, 3)),
    unary(
        "selu",
        lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
        kinked(0.0),
    ),
    unary("softplus", lambda x: np.logaddexp(x, 0), numbers(-9, 9)),
    unary("softsign", lambda x: x / (1 + abs(x)), kinked(0.0)),
    unary("silu", lambda x: x * sigmoid(x), numbers(-6, 6)),
    Case(
        "elu",
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x)),
        [*shapes(kinked(0.0)), Call([away_from(0.0, 4, 5)], {"alpha": 0.3})],
        [
            Refusal([X], ArgumentError, "elu: alpha must be at least 0, got -1", {"alpha": -1.0}),
            Refusal([WHOLE], DTypeError, "elu: needs float32 or float64, got int32"),
        ],
    ),
    Case(
        "leaky_relu",
        lambda x, negative_slope=0.3: np.where(x > 0, x, negative_slope * x),
        [*shapes(kinked(0.0)), Call([away_from(0.0, 4, 5)], {"negative_slope": 0.01})],
        [
            Refusal([X], ArgumentError, "leaky_relu: negative_slope .*got -0.1", {"negative_slope": -0.1}),
            Refusal([WHOLE], DTypeError, "leaky_relu: needs float32"),
        ],
    ),
    Case(
        "prelu",
        lambda x, slope: np.where(x > 0, x, slope * x),
        [
            Call([away_from(0.0, 4, 5), positive(5)]),
            Call([away_from(0.0, 2, 3, 5), positive(3, 1)]),
            Call([away_from(0.0, 2, 3), positive()]),
        ],
        [
            Refusal([X, TALL], ShapeError, r"prelu: .*\(4, 3\)"),
            Refusal([X[0], X], ShapeError, r"prelu: the slope of shape \(2, 3\) does not broadcast"),
            Refusal([X, WIDE], DTypeError, "prelu: the dtypes differ: float32 and float64"),
            Refusal([WHOLE, WHOLE], DTypeError, "prelu: needs float32"),
        ],
    ),
    Case(
        "gelu",
        gelu,
        [*shapes(numbers(-4, 4)), Call([uniform(-4, 4, 37)], {"approximate": True})],
        [Refusal([WHOLE], DTypeError, "gelu: needs float32")],
    ),
]


def pairs(a: Any, b: Any) -> list[Call]:
    """The ways two shapes meet: equal, a number, a row, a column, both stretched, nothing, long rows."""
    return [
        Call([a(3, 5), b(3, 5)]),
        Call([a(67), b()]),
        Call([a(), b(2, 3)]),
        Call([a(4, 37), b(37)]),
        Call([a(4, 37), b(4, 1)]),
        Call([a(1, 3), b(4, 1)]),
        Call([a(2, 1, 3, 1), b(5, 1, 7)]),
        Call([a(0, 3), b(3)]),
        Call([a(2, 3), b(2, 3)], {}),
    ]


def mismatches(name: str) -> list[Refusal]:
    return [
        Refusal([X, TALL], ShapeError, rf"{name}: .*\(2, 3\).*\(4, 3\)"),
        Refusal([X, WIDE], DTypeError, f"{name}: the dtypes differ: float32 and float64; cast"),
        Refusal([X, "text"], TypeError, name),
        Refusal([X, None], TypeError, name),
    ]


def arithmetic(name: str, reference: Any, a: Any, b: Any, *more: Call, numbers_only: bool = False) -> Case:
    refusals = [*mismatches(name), Refusal([BYTES, BYTES], DTypeError, f"{name}: needs float32")]
    if not numbers_only:
        refusals.append(
            Refusal([WHOLE, 0.5], DTypeError, f"{name}: cannot combine int32 with the fraction 0.5")
        )
        more += (
            Call([integers(0, 9, 5, 7), integers(0, 5, 7)]),
            Call([integers(0, 9, 5, dtype="int32"), fixed(2)]),
        )
    return Case(
        name, reference, [*pairs(a, b), Call([a(3, 5), fixed(1.5)]), Call([fixed(2), b(7)]), *more], refusals
    )


ARITHMETIC = [
    arithmetic("add", np.add, normal, normal),
    arithmetic("subtract", np.subtract, normal, normal),
    arithmetic("multiply", np.multiply, normal, normal),
    arithmetic("divide", np.divide, normal, positive, numbers_only=True),
    arithmetic(
        "power",
        np.power,
        positive,
        normal,
        *(Call([positive(3, 5), fixed(exponent)]) for exponent in (2, 3.0, 0.5, -1, 1, -2.5)),
        Call([away_from(0.0, 3, 5), fixed(2)]),
        Call([away_from(0.0, 3, 5), fixed(3.0)]),
    ),
    arithmetic("maximum", np.maximum, distinct, lambda *s: scaled(distinct(*s), 0.77)),
    arithmetic("minimum", np.minimum, distinct, lambda *s: scaled(distinct(*s), 0.77)),
    Case(
        "broadcast_to",
        np.broadcast_to,
        [
            Call([normal(3), fixed((2, 3))]),
            Call([normal(4, 1), fixed((4, 5))]),
            Call([normal(), fixed((2, 2))]),
            Call([normal(1, 3, 1), fixed((2, 2, 3, 4))]),
            Call([normal(2, 3), fixed((2, 3))]),
            Call([integers(0, 5, 1), fixed((7,))]),
            Call([normal(1, 3), fixed((0, 3))]),
        ],
        [
            Refusal([X, (3, 2)], ShapeError, r"broadcast_to: cannot repeat \(2, 3\) up to \(3, 2\)"),
            Refusal([X, (3,)], ShapeError, "broadcast_to: cannot repeat"),
        ],
    ),
]


def comparison(name: str, reference: Any) -> Case:
    same = [
        Call([integers(0, 3, 5, 7, dtype=d), integers(0, 3, 7, dtype=d)]) for d in ("uint8", "int32", "int64")
    ]
    numbers = [
        Call([integers(0, 3, 70), fixed(1)]),
        Call([normal(3), fixed(0.5)]),
        Call([booleans(9), booleans(9)]),
    ]
    return Case(name, reference, [*pairs(normal, normal), *same, *numbers], mismatches(name))


def truth(name: str, reference: Any) -> Case:
    calls = [Call([booleans(4, 37), booleans(37)]), Call([integers(0, 2, 9), integers(0, 2, 9)])]
    return Case(name, reference, calls, mismatches(name))


COMPARISONS = [
    comparison("equal", np.equal),
    comparison("not_equal", np.not_equal),
    comparison("less", np.less),
    comparison("less_equal", np.less_equal),
    comparison("greater", np.greater),
    comparison("greater_equal", np.greater_equal),
    truth("logical_and", np.logical_and),
    truth("logical_or", np.logical_or),
    *(
        Case(
            name,
            reference,
            [
                Call([fixed(np.array([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf] * 3))]),
                Call([integers(0, 2, 9)]),
            ],
            [Refusal(["text"], TypeError, name)],
        )
        for name, reference in (
            ("isnan", np.isnan),
            ("isfinite", np.isfinite),
            ("logical_not", np.logical_not),
        )
    ),
    Case(
        "where",
        np.where,
        [
            Call([booleans(3, 5), normal(3, 5), normal(3, 5)]),
            Call([booleans(3, 1), normal(5), normal(3, 5)]),
            Call([booleans(37), normal(), normal(2, 37)]),
            Call([booleans(7), normal(7), fixed(0.0)]),
            Call([booleans(7), fixed(1.0), normal(7)]),
            Call([booleans(0), normal(0), normal(0)]),
            Call([integers(0, 2, 7), integers(0, 9, 7, dtype="uint8"), integers(0, 9, 7, dtype="uint8")]),
        ],
        [
            Refusal([X > 0, X, WIDE], DTypeError, "where: the dtypes differ"),
            Refusal([TALL > 0, X, X], ShapeError, "where: .*broadcast"),
            Refusal([X > 0, X, None], TypeError, "where"),
        ],
    ),
]

CASES = [*MATH, *ACTIVATIONS, *ARITHMETIC, *COMPARISONS]
