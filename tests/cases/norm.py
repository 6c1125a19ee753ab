"""Cases of the family `norm`."""

from typing import Any

import numpy as np

from afina import from_numpy
from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Array, Call, Case, Refusal, fixed, normal, positive, uniform
from cases.linear import activated
from cases.optim import read_only

X = np.zeros((4, 3), dtype="float32")
SHARED = from_numpy(X.copy())


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x - log(sum(exp(x))), shifted by the maximum."""
    shifted = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def batch_norm(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: float = 1e-3,
    activation: str = "linear",
) -> tuple[Array, Array, Array]:
    """y, mean and biased variance of each channel."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return batch_norm_inference(x, mean, variance, gamma, beta, epsilon, activation), mean, variance


def batch_norm_inference(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: float = 1e-3,
    activation: str = "linear",
) -> Array:
    """activation((x - mean) / sqrt(variance + epsilon) * gamma + beta)."""
    y = (x - mean) / np.sqrt(variance + epsilon)
    return activated(y * (1.0 if gamma is None else gamma) + (0.0 if beta is None else beta), activation)


def layer_norm(
    x: Array, gamma: Array | None = None, beta: Array | None = None, epsilon: float = 1e-3, axes: int = 1
) -> Array:
    """Each row, the last `axes` axes, normalized on its own."""
    over = tuple(range(x.ndim - axes, x.ndim))
    y = (x - x.mean(over, keepdims=True)) / np.sqrt(x.var(over, keepdims=True) + epsilon)
    return y * (1.0 if gamma is None else gamma) + (0.0 if beta is None else beta)


def group_norm(
    x: Array, gamma: Array | None = None, beta: Array | None = None, groups: int = 32, epsilon: float = 1e-3
) -> Array:
    """Each group of channels of each instance normalized on its own."""
    middle = int(np.prod(x.shape[1:-1]))
    split = x.reshape(x.shape[0], middle, groups, x.shape[-1] // groups)
    y = (split - split.mean((1, 3), keepdims=True)) / np.sqrt(split.var((1, 3), keepdims=True) + epsilon)
    return y.reshape(x.shape) * (1.0 if gamma is None else gamma) + (0.0 if beta is None else beta)


def instance_norm(
    x: Array, gamma: Array | None = None, beta: Array | None = None, epsilon: float = 1e-3
) -> Array:
    """Each channel of each instance normalized on its own."""
    return group_norm(x, gamma, beta, x.shape[-1], epsilon)


C3 = np.ones(3, dtype="float32")
X3 = np.zeros((2, 4, 3), dtype="float32")


def parameter_refusals(op: str, *others: Array, x: Array = X, **options: Any) -> list[Refusal]:
    """What every normalization with gamma and beta refuses."""
    return [
        Refusal(
            [x, *others, C3[:2]], ShapeError, rf"{op}: gamma must have shape \(3,\) .*got \(2,\)", options
        ),
        Refusal(
            [x, *others, None, C3[:1]],
            ShapeError,
            rf"{op}: beta must have shape \(3,\) .*got \(1,\)",
            options,
        ),
        Refusal(
            [x, *others, C3.astype("float64")], DTypeError, f"{op}: gamma is float64, x is float32", options
        ),
        Refusal(
            [x, *others], ArgumentError, f"{op}: epsilon must be finite", options | {"epsilon": float("nan")}
        ),
        Refusal(
            [x, *others], ArgumentError, f"{op}: epsilon .* not negative, got -1", options | {"epsilon": -1.0}
        ),
        Refusal(
            [x.astype("int32"), *others],
            DTypeError,
            f"{op}: x needs float32 or float64, got int32",
            options,
        ),
    ]


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


def moved(average: Array, value: Array, momentum: float) -> None:
    """An update works in place and returns nothing; its values are in tests/layers."""


CASES = [
    Case(
        "average_update",
        moved,
        [
            Call([normal(3, 41), normal(3, 41)], {"momentum": 0.9}),
            Call([normal(0), normal(0)], {"momentum": 1.0}),
        ],
        [
            Refusal([X, X[0]], ShapeError, r"average_update: value has shape \(3,\)", {"momentum": 0.9}),
            Refusal([X, X.astype("float64")], DTypeError, "value is float64", {"momentum": 0.9}),
            Refusal([X.astype("int32")] * 2, DTypeError, "average needs float32", {"momentum": 0.9}),
            Refusal([X, X], ArgumentError, r"momentum must lie in \[0, 1\], got 1.5", {"momentum": 1.5}),
            Refusal([X, X], ArgumentError, "momentum must lie", {"momentum": float("nan")}),
            Refusal([read_only(), np.zeros(3, "float32")], ArgumentError, "read-only", {"momentum": 0.5}),
            Refusal([SHARED, SHARED], ArgumentError, "average shares memory", {"momentum": 0.5}),
        ],
        check_values=False,
    ),
    Case(
        "batch_norm",
        batch_norm,
        [
            Call([normal(9, 5), normal(5), normal(5)]),
            Call([normal(2, 3, 4, 6), normal(6), normal(6)], {"epsilon": 1e-5}),
            Call([normal(2, 7)]),
            Call([normal(300, 3), normal(3)]),
            Call([uniform(8.0, 9.0, 31, 33), fixed(None), normal(33)]),
            Call(
                [uniform(8.0, 9.0, 700, 70), fixed(None), normal(70)],
                {},
                False,
                "its sum drowns a central difference",
            ),
            Call([normal(5, 1), normal(1), normal(1)]),
            Call([normal(9, 5), normal(5), normal(5)], {"activation": "relu"}),
            Call([normal(2, 3, 7, 21), fixed(None), normal(21)], {"activation": "relu6"}),
            Call([normal(301, 3), normal(3)], {"activation": "relu"}),
            Call([normal(9, 5), normal(5), normal(5)], {"activation": "gelu"}),
            Call([normal(2, 3, 7, 21), normal(21)], {"activation": "tanh"}),
            Call(
                [normal(3, 2100), normal(2100), normal(2100)],
                {},
                False,
                "its sum drowns a central difference",
            ),
        ],
        [
            *parameter_refusals("batch_norm"),
            Refusal([X[0]], ShapeError, r"batch_norm: x must be \(..., channels\)"),
            Refusal([X[:1]], ArgumentError, r"batch_norm: needs at least two values .*\(1, 3\)"),
            Refusal([X[:0]], ArgumentError, "batch_norm: needs at least two values"),
            Refusal([X[:, :0]], ArgumentError, "batch_norm: needs at least two values"),
            Refusal([X], ArgumentError, "batch_norm: unknown activation 'cube'", {"activation": "cube"}),
        ],
        rtol=2e-5,
        atol=5e-6,
    ),
    Case(
        "batch_norm_inference",
        batch_norm_inference,
        [
            Call([normal(9, 5), normal(5), positive(5), normal(5), normal(5)]),
            Call([normal(2, 3, 4, 70), normal(70), positive(70)], {"epsilon": 1e-5}),
            Call([normal(1, 3), normal(3), positive(3), fixed(None), normal(3)]),
            Call([normal(0, 3), normal(3), positive(3)]),
            *(
                Call([normal(9, 5), normal(5), positive(5), normal(5), normal(5)], {"activation": activation})
                for activation in ("relu", "relu6", "gelu")
            ),
        ],
        [
            *parameter_refusals("batch_norm_inference", C3, C3),
            Refusal([X, C3, C3], ArgumentError, "batch_norm_inference: unknown act", {"activation": "cube"}),
            Refusal([X, C3[:2], C3], ShapeError, r"mean must have shape \(3,\)"),
            Refusal([X, C3, C3[:2]], ShapeError, r"variance must have shape \(3,\)"),
        ],
    ),
    Case(
        "layer_norm",
        layer_norm,
        [
            Call([normal(9, 5), normal(5), normal(5)]),
            Call([normal(2, 3, 4, 6), normal(4, 6), normal(4, 6)], {"axes": 2, "epsilon": 1e-5}),
            Call([normal(300, 40), normal(40), fixed(None)]),
            Call([normal(70)]),
            Call([normal(4, 1), normal(1), normal(1)]),
            Call(
                [normal(3, 5000), fixed(None), normal(5000)], {}, False, "its sum drowns a central difference"
            ),
            Call([normal(0, 5), normal(5), normal(5)]),
        ],
        [
            *parameter_refusals("layer_norm"),
            Refusal([X], ArgumentError, r"layer_norm: axes must be 1 to 2 .*got 3", {"axes": 3}),
            Refusal([X], ArgumentError, r"layer_norm: axes must be 1 to 2 .*got 0", {"axes": 0}),
            Refusal([X[:, :0]], ShapeError, "layer_norm: nothing to normalize"),
        ],
        rtol=2e-5,
        atol=5e-6,
    ),
    Case(
        "instance_norm",
        instance_norm,
        [
            Call([normal(2, 3, 4, 6), normal(6), normal(6)]),
            Call([normal(3, 40, 70), normal(70), fixed(None)], {"epsilon": 1e-5}),
            Call([normal(1, 5, 5, 3)]),
            Call([normal(0, 5, 3), normal(3), normal(3)]),
        ],
        [
            *parameter_refusals("instance_norm", x=X3),
            Refusal([X], ShapeError, "instance_norm: x must be .* at least 3 axes"),
            Refusal([X3[:, :0]], ShapeError, "instance_norm: nothing to normalize"),
        ],
        rtol=2e-5,
        atol=5e-6,
    ),
    Case(
        "group_norm",
        group_norm,
        [
            Call([normal(2, 3, 4, 6), normal(6), normal(6)], {"groups": 3}),
            Call([normal(40, 5, 64), normal(64), normal(64)]),
            Call([normal(3, 8), fixed(None), normal(8)], {"groups": 1, "epsilon": 1e-5}),
            Call([normal(0, 5, 3)], {"groups": 1}),
        ],
        [
            *parameter_refusals("group_norm", x=X3, groups=3),
            Refusal([X3], ArgumentError, "groups must divide the 3 channels of x, got 2", {"groups": 2}),
            Refusal([X3], ArgumentError, "groups must divide the 3 channels of x, got 0", {"groups": 0}),
            Refusal([X3[:, :, :0]], ShapeError, "group_norm: nothing to normalize", {"groups": 1}),
            Refusal([X[0]], ShapeError, "group_norm: x must be .* at least 2 axes"),
        ],
        rtol=2e-5,
        atol=5e-6,
    ),
    Case(
        "softmax",
        lambda x, axis=-1: np.exp(log_softmax(x, axis)),
        SOFTMAX_CALLS,
        softmax_refusals("softmax"),
    ),
    Case("log_softmax", log_softmax, SOFTMAX_CALLS, softmax_refusals("log_softmax")),
]
