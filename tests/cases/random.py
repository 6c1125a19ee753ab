"""Cases of the family `random`: shapes and refusals; tests/test_random_ops.py looks at the numbers."""

from typing import Any

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Call, Case, Refusal, fixed, normal

X = np.zeros((4, 3), dtype="float32")
NAN, INF = float("nan"), float("inf")


def shapes(**kwargs: Any) -> list[Call]:
    """A few shapes: odd, empty, without axes."""
    return [Call([fixed(shape)], kwargs) for shape in [(3, 5), (1000,), (0, 4), ()]]


def refusals(op: str, **needed: Any) -> list[Refusal]:
    """What every generator refuses."""
    return [
        Refusal([(-1, 2)], ShapeError, "negative|-1", needed),
        Refusal([(2**40, 2**40)], ShapeError, r"more than 2\^48 elements", needed),
    ]


def normal_refusals(op: str) -> list[Refusal]:
    """What both normal generators refuse."""
    return [
        *refusals(op),
        Refusal([(2,)], ArgumentError, f"{op}: mean must be finite", {"mean": INF}),
        Refusal([(2,)], ArgumentError, f"{op}: stddev must be finite", {"stddev": NAN}),
        Refusal([(2,)], ArgumentError, f"{op}: stddev must not be negative, got -1", {"stddev": -1.0}),
        Refusal([(2,)], DTypeError, f"{op}: needs float32 or float64", {"dtype": "int32"}),
    ]


def dropout(x: Any, rate: float, scaled: bool = True, seed: Any = None) -> Any:
    """For rates at which there is nothing to draw."""
    assert rate == 0.0
    return x


CASES = [
    Case(
        "random_uniform",
        lambda shape: None,
        shapes(),
        [
            *refusals("random_uniform"),
            Refusal([(2,)], ArgumentError, "low 2 is above high 1", {"low": 2.0}),
            Refusal([(2,)], ArgumentError, "low must be finite, got -inf", {"low": -INF}),
            Refusal([(2,)], ArgumentError, "high must be finite, got nan", {"high": NAN}),
            Refusal([(2,)], ArgumentError, "high - low must be finite", {"low": -3e38, "high": 3e38}),
            Refusal([(2,)], DTypeError, "random_uniform: needs float32 or float64", {"dtype": "int64"}),
        ],
        check_values=False,
    ),
    Case("random_normal", lambda shape: None, shapes(), normal_refusals("random_normal"), check_values=False),
    Case(
        "truncated_normal",
        lambda shape: None,
        shapes(),
        normal_refusals("truncated_normal"),
        check_values=False,
    ),
    Case(
        "random_bernoulli",
        lambda shape, p: None,
        shapes(p=0.3),
        [
            *refusals("random_bernoulli", p=0.5),
            Refusal([(2,)], ArgumentError, r"p must lie in \[0, 1\], got 1.5", {"p": 1.5}),
            Refusal([(2,)], ArgumentError, r"p must lie in \[0, 1\], got nan", {"p": NAN}),
        ],
        check_values=False,
    ),
    Case(
        "dropout",
        dropout,
        [Call([normal(3, 5)], {"rate": 0.0}), Call([normal(0, 5)], {"rate": 0.0, "scaled": False})],
        [
            Refusal([X], ArgumentError, r"dropout: rate must lie in \[0, 1\), got 1", {"rate": 1.0}),
            Refusal([X], ArgumentError, "got -0.1", {"rate": -0.1}),
            Refusal([X], ArgumentError, "got nan", {"rate": NAN}),
            Refusal([X.astype("int32")], DTypeError, "dropout: needs float32 or float64", {"rate": 0.5}),
        ],
    ),
    Case(
        "random_permutation",
        lambda n: None,
        [Call([fixed(0)]), Call([fixed(1)]), Call([fixed(100)])],
        [Refusal([-1], ArgumentError, "n must not be negative, got -1")],
        check_values=False,
    ),
]
