"""Cases of the family `optim`: what the updates refuse; tests/test_updates.py holds their recurrences."""

from typing import Any

import numpy as np

from afina import from_numpy
from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Refusal, normal, positive, sequence

P = np.zeros(3, dtype="float32")
NAN = float("nan")


def pair(make: Any = normal) -> Any:
    """A list of two tensors, one of them odd in size."""
    return sequence(make(3, 4), make(37))


def read_only() -> Any:
    """A tensor over memory that must not be written."""
    values: Array = np.zeros(3, dtype="float32")
    values.flags.writeable = False
    return from_numpy(values)


def nothing(*_: Any, **__: Any) -> None:
    """Updates work in place and return nothing."""


def refusals(op: str, slots: int, **needed: Any) -> list[Refusal]:
    """What every update refuses: `slots` lists after params and grads, then keyword arguments."""
    lists: list[list[Array]] = [[P] for _ in range(slots + 2)]
    shared = from_numpy(P.copy())

    def replaced(at: int, value: Any) -> list[Any]:
        return [value if i == at else entry for i, entry in enumerate(lists)]

    return [
        Refusal(replaced(1, []), ArgumentError, f"{op}: grads has 0 tensors, params has 1", needed),
        Refusal(
            replaced(1, [np.zeros(4, "float32")]), ShapeError, rf"{op}: grads\[0\] has shape \(4,\)", needed
        ),
        Refusal(replaced(1, [np.zeros(3)]), DTypeError, rf"{op}: grads\[0\] is float64", needed),
        Refusal(
            [[np.zeros(3, "int32")]] * (slots + 2), DTypeError, rf"{op}: params\[0\] needs float32", needed
        ),
        Refusal(replaced(0, [read_only()]), ArgumentError, rf"{op}: params\[0\] is read-only", needed),
        Refusal([[shared]] * (slots + 2), ArgumentError, f"{op}: .* shares memory with", needed),
        Refusal([[P, P]] + [[P, P]] * slots + [[P]], ArgumentError, f"{op}: .* has 1 tensors", needed),
        *(
            [Refusal(lists, ArgumentError, f"{op}: lr must be finite", needed | {"lr": NAN})]
            if "lr" in needed
            else []
        ),
        *(
            [Refusal(lists, ArgumentError, f"{op}: lr must not be neg", needed | {"lr": -1})]
            if "lr" in needed
            else []
        ),
    ]


def clip_refusals(op: str) -> list[Refusal]:
    """What every clipping refuses."""
    return [
        Refusal([[P]], ArgumentError, f"{op}: clip must be positive and finite, got 0", {"clip": 0.0}),
        Refusal([[P]], ArgumentError, f"{op}: clip must be positive and finite, got nan", {"clip": NAN}),
        Refusal([[np.zeros(3, "int64")]], DTypeError, rf"{op}: grads\[0\] needs", {"clip": 1.0}),
        Refusal([[read_only()]], ArgumentError, "read-only", {"clip": 1.0}),
    ]


CASES = [
    Case(
        "sgd_update",
        nothing,
        [
            Call([pair(), pair(), sequence()], {"lr": 0.1}),
            Call([pair(), pair(), pair()], {"lr": 0.1, "momentum": 0.9, "style": "torch", "nesterov": True}),
            Call([sequence(), sequence(), sequence()], {"lr": 0.1}),
            Call([sequence(normal(0)), sequence(normal(0)), sequence()], {"lr": 0.1}),
        ],
        [
            *refusals("sgd_update", 1, lr=0.1),
            Refusal(
                [[P], [P], []], ArgumentError, "momentum 0.9 needs velocities", {"lr": 0.1, "momentum": 0.9}
            ),
            Refusal(
                [[P], [P], [P]], ArgumentError, r"momentum must lie in \[0, 1\)", {"lr": 0.1, "momentum": 1.0}
            ),
            Refusal(
                [[P], [P], [P]], ArgumentError, 'style must be "heavyball"', {"lr": 0.1, "style": "polyak"}
            ),
        ],
        check_values=False,
    ),
    Case(
        "rmsprop_update",
        nothing,
        [
            Call([pair(), pair(), pair(positive), sequence(), sequence()], {"lr": 0.1}),
            Call(
                [pair(), pair(), pair(positive), pair(), pair()],
                {"lr": 0.1, "centered": True, "momentum": 0.9},
            ),
        ],
        [
            *refusals("rmsprop_update", 3, lr=0.1, centered=True, momentum=0.5),
            Refusal(
                [[P], [P], [P], [], []],
                ArgumentError,
                "centered needs mean_grads",
                {"lr": 0.1, "centered": True},
            ),
            Refusal([[P], [P], [P], [], []], ArgumentError, "needs momenta", {"lr": 0.1, "momentum": 0.5}),
            Refusal([[P], [P], [P], [], []], ArgumentError, "rho must lie in", {"lr": 0.1, "rho": NAN}),
        ],
        check_values=False,
    ),
    Case(
        "adam_update",
        nothing,
        [
            Call([pair(), pair(), pair(), pair(positive)], {"lr": 0.1}),
            Call(
                [pair(), pair(), pair(), pair(positive)], {"lr": 0.1, "decoupled": True, "weight_decay": 0.1}
            ),
        ],
        [
            *refusals("adam_update", 2, lr=0.1),
            Refusal([[P]] * 4, ArgumentError, "step counts from 1, got 0", {"lr": 0.1, "step": 0}),
            Refusal([[P]] * 4, ArgumentError, "beta_1 must lie in", {"lr": 0.1, "beta_1": 1.5}),
            Refusal(
                [[P]] * 4, ArgumentError, "amsgrad_vs has 2", {"lr": 0.1, "amsgrad_vs": [from_numpy(P)] * 2}
            ),
        ],
        check_values=False,
    ),
    Case(
        "adadelta_update",
        nothing,
        [Call([pair(), pair(), pair(positive), pair(positive)], {"lr": 1.0})],
        refusals("adadelta_update", 2, lr=1.0),
        check_values=False,
    ),
    Case(
        "adagrad_update",
        nothing,
        [Call([pair(), pair(), pair(positive)], {"lr": 0.1})],
        refusals("adagrad_update", 1, lr=0.1),
        check_values=False,
    ),
    Case(
        "clip_by_value",
        nothing,
        [Call([pair()], {"clip": 0.5})],
        clip_refusals("clip_by_value"),
        check_values=False,
    ),
    Case(
        "clip_by_norm",
        nothing,
        [Call([pair()], {"clip": 0.5})],
        clip_refusals("clip_by_norm"),
        check_values=False,
    ),
    Case(
        "clip_by_global_norm",
        nothing,
        [Call([pair()], {"clip": 1e3}), Call([sequence()], {"clip": 0.5})],
        clip_refusals("clip_by_global_norm"),
        check_values=False,
    ),
    Case(
        "global_norm",
        nothing,
        [Call([pair()]), Call([sequence()])],
        [Refusal([[np.zeros(3, "bool")]], DTypeError, r"global_norm: tensors\[0\] needs")],
        check_values=False,
    ),
]
