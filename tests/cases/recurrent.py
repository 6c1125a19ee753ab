"""Cases of the family `recurrent`: one step of each cell by its formula, walked over time in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from afina.errors import ArgumentError, DTypeError, ShapeError
from cases.case import Array, Call, Case, Make, Refusal, fixed, normal, uniform

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
}


def walked(
    step: Callable[..., tuple[Array, ...]],
    x: Array,
    states: tuple[Array | None, ...],
    mask: Array | None,
    units: int,
    go_backwards: bool,
) -> tuple[Array, ...]:
    """Every first state, then the last states; where the mask is false all states pass through."""
    batch, steps = x.shape[:2]
    now = tuple(np.zeros((batch, units)) if state is None else state for state in states)
    every = np.zeros((batch, steps, units))
    for i in range(steps):
        t = steps - 1 - i if go_backwards else i
        new = step(x[:, t], *now)
        kept = np.ones((batch, 1), bool) if mask is None else mask[:, t, None]
        now = tuple(np.where(kept, n, old) for n, old in zip(new, now, strict=True))
        every[:, i] = now[0]
    return (every, *now)


def lstm(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    initial_h: Array | None = None,
    initial_c: Array | None = None,
    mask: Array | None = None,
    recurrent_scale: Array | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
) -> tuple[Array, ...]:
    """Every h, the last h, the last c."""
    f, gate = ACTIVATIONS[activation], ACTIVATIONS[recurrent_activation]

    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        z = x @ kernel + (h if recurrent_scale is None else h * recurrent_scale) @ recurrent_kernel
        i, forget, g, o = np.split(z if bias is None else z + bias, 4, axis=-1)
        c = gate(forget) * c + gate(i) * f(g)
        return gate(o) * f(c), c

    return walked(step, x, (initial_h, initial_c), mask, recurrent_kernel.shape[0], go_backwards)


def gru(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    initial_h: Array | None = None,
    mask: Array | None = None,
    recurrent_scale: Array | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
) -> tuple[Array, ...]:
    """Every h, the last h."""
    f, gate = ACTIVATIONS[activation], ACTIVATIONS[recurrent_activation]
    units = recurrent_kernel.shape[0]
    zeros = np.zeros(3 * units)
    own, inner = (zeros, zeros) if bias is None else bias if reset_after else (bias, zeros)
    of_z, of_r, of_g = np.split(recurrent_kernel, 3, axis=-1)

    def step(x: Array, h: Array) -> tuple[Array]:
        seen = h if recurrent_scale is None else h * recurrent_scale
        xz, xr, xg = np.split(x @ kernel + own, 3, axis=-1)
        bz, br, bg = np.split(inner, 3)
        z, r = gate(xz + seen @ of_z + bz), gate(xr + seen @ of_r + br)
        g = f(xg + (r * (seen @ of_g + bg) if reset_after else (r * seen) @ of_g))
        return (z * h + (1 - z) * g,)

    return walked(step, x, (initial_h,), mask, units, go_backwards)


def simple_rnn(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array | None = None,
    initial_h: Array | None = None,
    mask: Array | None = None,
    recurrent_scale: Array | None = None,
    go_backwards: bool = False,
    activation: str = "tanh",
) -> tuple[Array, ...]:
    """Every h, the last h."""

    def step(x: Array, h: Array) -> tuple[Array]:
        seen = h if recurrent_scale is None else h * recurrent_scale
        z = x @ kernel + seen @ recurrent_kernel
        return (ACTIVATIONS[activation](z if bias is None else z + bias),)

    return walked(step, x, (initial_h,), mask, recurrent_kernel.shape[0], go_backwards)


def lengths(steps: int, *valid: int) -> Make:
    """A mask of sequences padded at their end to `steps`."""
    return fixed(np.arange(steps) < np.array(valid)[:, None])


def holes(batch: int, steps: int) -> Make:
    """A mask with holes anywhere."""
    return lambda rng: rng.random((batch, steps)) < 0.6


def weights(inputs: int, units: int, gates: int, bias: tuple[int, ...] | None) -> list[Make]:
    """kernel, recurrent_kernel and bias."""
    made = [uniform(-0.8, 0.8, inputs, gates * units), uniform(-0.8, 0.8, units, gates * units)]
    return [*made, fixed(None) if bias is None else uniform(-0.5, 0.5, *bias)]


SCALE = uniform(0.0, 2.0, 9, 5)  # of the state; has no gradient
X = np.zeros((2, 3, 4), "float32")


def refusals(op: str, gates: int, bias: tuple[int, ...]) -> list[Refusal]:
    """What every recurrent op refuses."""
    k, u, b = (np.zeros(shape, "float32") for shape in ((4, gates * 5), (5, gates * 5), bias))
    h = np.zeros((2, 5), "float32")
    return [
        Refusal([X[0], k, u], ShapeError, rf"{op}: x must be \(batch, steps, inputs\)"),
        Refusal([X.astype("int32"), k, u], DTypeError, f"{op}: x needs float32 or float64, got int32"),
        Refusal([X, k[:3], u], ShapeError, rf"{op}: kernel must have shape \(4, {gates * 5}\)"),
        Refusal([X, k, u[:4]], ShapeError, rf"{op}: recurrent_kernel must be \(units, "),
        Refusal([X, k, u[:0, :0]], ShapeError, rf"{op}: recurrent_kernel must be \(units, "),
        Refusal([X, k, u.astype("float64")], DTypeError, f"{op}: recurrent_kernel is float64"),
        Refusal([X, k, u, b[..., :3]], ShapeError, f"{op}: bias must have shape"),
        Refusal([X, k, u, b.astype("float64")], DTypeError, f"{op}: bias is float64"),
        Refusal([X, k, u, b, h[:1]], ShapeError, rf"{op}: initial_h must have shape \(2, 5\)"),
        Refusal(
            [X, k, u], ShapeError, rf"{op}: mask must have shape \(2, 3\)", {"mask": np.ones((2, 2), bool)}
        ),
        Refusal([X, k, u], DTypeError, f"{op}: mask must be bool", {"mask": np.ones((2, 3), "int32")}),
        Refusal([X, k, u], ShapeError, f"{op}: recurrent_scale must have", {"recurrent_scale": h[:, :4]}),
        Refusal([X, k, u], ArgumentError, f"{op}: unknown activation 'tan'", {"activation": "tan"}),
        Refusal([X, k, u], ArgumentError, f"{op}: activation 'gelu' cannot be", {"activation": "gelu"}),
    ]


CASES = [
    Case(
        "lstm",
        lstm,
        [
            Call([normal(3, 5, 4), *weights(4, 6, 4, (24,))]),
            Call([normal(3, 5, 4), *weights(4, 6, 4, (24,)), normal(3, 6), normal(3, 6), holes(3, 5)]),
            Call(
                [
                    normal(4, 6, 3),
                    *weights(3, 17, 4, (68,)),
                    fixed(None),
                    fixed(None),
                    lengths(6, 6, 1, 0, 4),
                ],
                {"go_backwards": True},
            ),
            Call(
                [normal(20, 4, 2), *weights(2, 3, 4, None), normal(20, 3), fixed(None), fixed(None)],
                {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
            ),
            Call(
                [normal(9, 4, 2), *weights(2, 5, 4, (20,)), normal(9, 5), normal(9, 5), holes(9, 4), SCALE],
                {"activation": "elu", "recurrent_activation": "softplus"},
            ),
            Call([normal(2, 1, 1), *weights(1, 1, 4, (4,))]),
            Call([normal(70, 3, 2), *weights(2, 4, 4, (16,))], {}, False, "large: values are enough"),
            Call([normal(3, 0, 4), *weights(4, 6, 4, (24,))], {}, False, "nothing happens in no steps"),
            Call([normal(0, 3, 4), *weights(4, 6, 4, (24,))], {}, False, "nobody is there"),
        ],
        [
            *refusals("lstm", 4, (20,)),
            Refusal(
                [X, np.zeros((4, 20), "float32"), np.zeros((5, 20), "float32"), None, None, X[:, 0]],
                ShapeError,
                r"lstm: initial_c must have shape \(2, 5\)",
            ),
        ],
    ),
    Case(
        "gru",
        gru,
        [
            Call([normal(3, 5, 4), *weights(4, 6, 3, (2, 18))]),
            Call([normal(3, 5, 4), *weights(4, 6, 3, (2, 18)), normal(3, 6), holes(3, 5)]),
            Call(
                [normal(3, 5, 4), *weights(4, 6, 3, (18,)), normal(3, 6), holes(3, 5)], {"reset_after": False}
            ),
            Call(
                [normal(9, 4, 2), *weights(2, 5, 3, (2, 15)), normal(9, 5), fixed(None), SCALE],
                {"go_backwards": True, "activation": "softsign"},
            ),
            Call(
                [normal(9, 4, 2), *weights(2, 5, 3, (15,)), fixed(None), holes(9, 4), SCALE],
                {"reset_after": False, "recurrent_activation": "softsign"},
            ),
            Call([normal(20, 4, 2), *weights(2, 17, 3, None), fixed(None), lengths(4, *[4, 1, 0, 2] * 5)]),
            Call([normal(2, 3, 2), *weights(2, 3, 3, None)], {"reset_after": False}),
            Call([normal(70, 3, 2), *weights(2, 4, 3, (2, 12))], {}, False, "large: values are enough"),
            Call([normal(3, 0, 4), *weights(4, 6, 3, (2, 18))], {}, False, "nothing happens in no steps"),
            Call([normal(0, 3, 4), *weights(4, 6, 3, (2, 18))], {}, False, "nobody is there"),
        ],
        [
            *refusals("gru", 3, (2, 15)),
            Refusal(
                [X, np.zeros((4, 15), "float32"), np.zeros((5, 15), "float32"), np.zeros(15, "float32")],
                ShapeError,
                r"gru: bias must have shape \(2, 15\)",
            ),
            Refusal(
                [X, np.zeros((4, 15), "float32"), np.zeros((5, 15), "float32"), np.zeros((2, 15), "float32")],
                ShapeError,
                r"gru: bias must have shape \(15,\)",
                {"reset_after": False},
            ),
        ],
    ),
    Case(
        "simple_rnn",
        simple_rnn,
        [
            Call([normal(3, 5, 4), *weights(4, 6, 1, (6,))]),
            Call([normal(3, 5, 4), *weights(4, 6, 1, (6,)), normal(3, 6), holes(3, 5)]),
            Call([normal(9, 4, 2), *weights(2, 5, 1, (5,)), normal(9, 5), holes(9, 4), SCALE]),
            Call(
                [normal(4, 6, 3), *weights(3, 17, 1, None)], {"go_backwards": True, "activation": "softsign"}
            ),
            Call([normal(70, 3, 2), *weights(2, 4, 1, (4,))], {}, False, "large: values are enough"),
            Call([normal(3, 0, 4), *weights(4, 6, 1, (6,))], {}, False, "nothing happens in no steps"),
            Call([normal(0, 3, 4), *weights(4, 6, 1, (6,))], {}, False, "nobody is there"),
        ],
        refusals("simple_rnn", 1, (5,)),
    ),
]
