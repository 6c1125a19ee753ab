"""Cases of the family `loss`."""

from typing import Any

import numpy as np

from afina import tensor
from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Array, Call, Case, Make, Refusal, fixed, integers, normal, positive, uniform
from cases.norm import log_softmax

MARGIN = 1e-7
Y = np.full((4, 3), 0.25, dtype="float32")
POINT = np.zeros((), dtype="float32")
LABELS = np.array([0, 1, 2, 0])


def reduced(rows: Any, reduction: str, sample_weight: Array | None = None, count: int | None = None) -> Any:
    """The rows weighted, then "none", "sum", or "mean": divided by their number."""
    rows = np.asarray(rows)
    if sample_weight is not None:
        w = np.asarray(sample_weight)
        rows = rows * w.reshape(w.shape + (1,) * (rows.ndim - w.ndim))
    if reduction == "none":
        return rows
    return rows.sum() / ((rows.size if count is None else count) if reduction == "mean" else 1)


def log_probabilities(y_pred: Array, from_logits: bool) -> Array:
    """Of logits, or of probabilities that are normalized and kept away from 0 and 1."""
    if from_logits:
        return log_softmax(y_pred)
    return np.log(np.clip(y_pred / y_pred.sum(-1, keepdims=True), MARGIN, 1 - MARGIN))


def categorical_crossentropy(
    y_true: Array,
    y_pred: Array,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    sample_weight: Array | None = None,
) -> Any:
    """-sum(t log p)."""
    t = y_true * (1 - label_smoothing) + label_smoothing / y_pred.shape[-1]
    return reduced(-(t * log_probabilities(y_pred, from_logits)).sum(-1), reduction, sample_weight)


def sparse_categorical_crossentropy(
    labels: Array,
    y_pred: Array,
    from_logits: bool = False,
    ignore_class: int | None = None,
    reduction: str = "mean",
    sample_weight: Array | None = None,
) -> Any:
    """-log p[label]."""
    labels = labels.reshape(y_pred.shape[:-1]).astype("int64")
    counted = labels != ignore_class
    picked = np.take_along_axis(
        log_probabilities(y_pred, from_logits), np.where(counted, labels, 0)[..., None], axis=-1
    )[..., 0]
    return reduced(np.where(counted, -picked, 0.0), reduction, sample_weight, max(int(counted.sum()), 1))


def pointwise(value: Any, along: str = "mean") -> Any:
    """A loss that compares element by element, then averages or sums the last axis."""

    def loss(y_true: Array, y_pred: Array, *arguments: Any, **options: Any) -> Any:
        # By position come the loss's own arguments, then both of these; by name, any of them.
        own, last = arguments[:-2], arguments[-2:] or (options.pop("reduction", "mean"), None)
        return reduced(getattr(value(y_true, y_pred, *own, **options), along)(-1), *last)

    return loss


def huber(t: Array, p: Array, delta: float = 1.0) -> Array:
    """Half the square near zero, a line beyond."""
    e = abs(p - t)
    return np.where(e <= delta, e * e / 2, delta * e - delta * delta / 2)


def binary_crossentropy(t: Array, p: Array, from_logits: bool = False, label_smoothing: float = 0.0) -> Array:
    """-(t log p + (1 - t) log(1 - p))."""
    t = t * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return np.maximum(p, 0) - p * t + np.log1p(np.exp(-abs(p)))
    p = np.clip(p, MARGIN, 1 - MARGIN)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def kl_divergence(t: Array, p: Array) -> Array:
    """t log(t / p)."""
    t, p = np.clip(t, MARGIN, 1), np.clip(p, MARGIN, 1)
    return t * np.log(t / p)


def pointwise_calls(true: Any, pred: Any, extra: list[Make], **options: Any) -> list[Call]:
    """Odd sizes, rows of one, weights per row and per sample; `extra` stands before reduction."""
    return [
        *each_reduction([true(5, 37), pred(5, 37)], **options),
        Call([true(33, 1), pred(33, 1)], options),
        Call([true(7), pred(7)], options),
        *weighted([true(4, 5, 3), pred(4, 5, 3), *extra], positive(4)),
        *weighted([true(4, 5, 3), pred(4, 5, 3), *extra], positive(4, 5)),
        *weighted([true(40, 1), pred(40, 1), *extra], positive(40)),
        Call([true(0, 3), pred(0, 3)], options | {"reduction": "sum"}),
        Call([true(0, 3), pred(0, 3)], options | {"reduction": "none"}),
    ]


def fractions(*shape: int) -> Make:
    """Numbers in [0.1, 0.9]."""
    return uniform(0.1, 0.9, *shape)


def far(*shape: int) -> Make:
    """Numbers beyond 5: at a distance from normal ones."""
    return uniform(5.0, 6.0, *shape)


def probabilities(*shape: int) -> Make:
    """Rows that sum to one, each entry at least a tenth of the largest."""

    def make(rng: np.random.Generator) -> Array:
        p = rng.uniform(0.1, 1.0, shape)
        return p / p.sum(-1, keepdims=True)

    return make


def each_reduction(inputs: list[Make], **kwargs: Any) -> list[Call]:
    """The same call under "mean", "sum" and "none"; only y_pred, the last input, has a gradient."""
    return [Call(inputs, kwargs | {"reduction": r}) for r in ("mean", "sum", "none")]


def weighted(inputs: list[Make], weights: Make) -> list[Call]:
    """The same under each reduction with sample_weight, which is drawn like an input to have its dtype."""
    return [Call([*inputs, fixed(r), weights]) for r in ("mean", "sum", "none")]


def refused(op: str, y_true: Array) -> list[Refusal]:
    """What every loss refuses."""
    return [
        Refusal([y_true, Y.astype("int32")], DTypeError, f"{op}: y_pred needs float32 or float64"),
        Refusal([y_true, Y], ArgumentError, f'{op}: reduction must be "mean"', {"reduction": "average"}),
        Refusal([y_true[:0], Y[:0]], ArgumentError, f"{op}: the mean over no samples"),
        Refusal([y_true, Y[:, :0]], ShapeError, f"{op}: the last axis of y_pred is empty"),
        Refusal([POINT, POINT], ShapeError, f"{op}: y_pred needs at least one axis"),
        *(
            Refusal([y_true, Y], error, f"{op}: sample_weight {message}", {"sample_weight": tensor(weights)})
            for weights, error, message in [
                (Y[:3, 0], ShapeError, r"must have shape \(4,\) .*got \(3,\)"),
                (Y[:, :1], ShapeError, r"must have shape \(4,\) .*got \(4, 1\)"),
                (POINT, ShapeError, r"must have shape \(4,\) .*got \(\)"),
                (np.ones(4), DTypeError, "is float64, y_pred is float32"),
            ]
        ),
    ]


def refused_dense(op: str) -> list[Refusal]:
    """What every loss with dense targets refuses."""
    with_nan = Y.copy()
    with_nan[1, 2] = np.nan
    return [
        *refused(op, Y),
        Refusal([Y[:, :1], Y], ShapeError, rf"{op}: y_true has shape \(4, 1\), y_pred has \(4, 3\)"),
        Refusal([Y[:, 0], Y[:, :1]], ShapeError, rf"{op}: y_true has shape \(4,\), y_pred has \(4, 1\)"),
        Refusal([Y.astype("float64"), Y], DTypeError, f"{op}: y_true is float64"),
        Refusal([with_nan, Y], ArgumentError, f"{op}: y_true is NaN at element 5"),
    ]


CASES = [
    Case(
        "mean_squared_error",
        pointwise(lambda t, p: (p - t) ** 2),
        pointwise_calls(normal, normal, []),
        refused_dense("mean_squared_error"),
    ),
    Case(
        "mean_absolute_error",
        pointwise(lambda t, p: abs(p - t)),
        pointwise_calls(normal, far, []),
        refused_dense("mean_absolute_error"),
    ),
    Case(
        "huber",
        pointwise(huber),
        [
            *pointwise_calls(normal, normal, [fixed(0.7)], delta=0.7),
            Call([normal(3, 4), far(3, 4)], {"delta": 2.0}),
            Call([normal(3, 4), far(3, 4)]),
        ],
        [
            *refused_dense("huber"),
            Refusal([Y, Y], ArgumentError, "huber: delta must be positive, got 0", {"delta": 0.0}),
            Refusal([Y, Y], ArgumentError, "huber: delta must be positive, got inf", {"delta": float("inf")}),
        ],
    ),
    Case(
        "binary_crossentropy",
        pointwise(binary_crossentropy),
        [
            *pointwise_calls(fractions, normal, [fixed(True), fixed(0.0)], from_logits=True),
            *pointwise_calls(fractions, fractions, [fixed(False), fixed(0.1)], label_smoothing=0.1),
        ],
        [
            *refused_dense("binary_crossentropy"),
            Refusal([Y, Y], ArgumentError, "label_smoothing must lie in", {"label_smoothing": -0.5}),
        ],
    ),
    Case(
        "kl_divergence",
        pointwise(kl_divergence, "sum"),
        pointwise_calls(fractions, fractions, []),
        refused_dense("kl_divergence"),
    ),
    Case(
        "categorical_crossentropy",
        categorical_crossentropy,
        [
            *each_reduction([fixed(np.eye(10)[[1, 3, 9]]), normal(3, 10)], from_logits=True),
            *each_reduction([fixed(np.eye(10)[[1, 3, 9]]), probabilities(3, 10)]),
            Call([probabilities(4, 37), normal(4, 37)], {"from_logits": True, "label_smoothing": 0.2}),
            *weighted([probabilities(4, 37), normal(4, 37), fixed(True), fixed(0.0)], positive(4)),
            *weighted(
                [probabilities(4, 5, 3), probabilities(4, 5, 3), fixed(False), fixed(0.1)], positive(4)
            ),
            *weighted([probabilities(4, 5, 3), normal(4, 5, 3), fixed(True), fixed(0.0)], positive(4, 5)),
        ],
        [
            *refused_dense("categorical_crossentropy"),
            Refusal([Y, Y], ArgumentError, "label_smoothing must lie in", {"label_smoothing": 1.5}),
        ],
    ),
    Case(
        "sparse_categorical_crossentropy",
        sparse_categorical_crossentropy,
        [
            *each_reduction([integers(0, 10, 8), normal(8, 10)], from_logits=True),
            *each_reduction([integers(0, 10, 8, dtype="int32"), probabilities(8, 10)]),
            *each_reduction([integers(0, 3, 4, 5), normal(4, 5, 3)], from_logits=True, ignore_class=1),
            Call([integers(0, 3, 4, 1, dtype="uint8"), normal(4, 3)], {"from_logits": True}),
            Call([fixed(np.array([1.0, 2.0], "float32")), normal(2, 1000)], {"from_logits": True}),
            Call([integers(0, 1, 3), normal(3, 5)], {"from_logits": True, "ignore_class": 0}),
            *weighted([integers(0, 3, 4, 5), normal(4, 5, 3), fixed(True), fixed(2)], positive(4)),
            *weighted([integers(0, 3, 4), normal(4, 3), fixed(True), fixed(None)], positive(4)),
        ],
        [
            *refused("sparse_categorical_crossentropy", LABELS),
            Refusal([LABELS + 1, Y], IndexRangeError, r"labels\[2\] is 3, y_pred has 3 classes"),
            Refusal([LABELS - 1, Y], IndexRangeError, r"labels\[0\] is -1"),
            Refusal([np.full(4, -(2**63)), Y], IndexRangeError, r"labels\[0\] is -9223372036854775808"),
            Refusal([np.full(4, np.nan, "float32"), Y], ArgumentError, r"labels\[0\] is NaN"),
            Refusal([np.full(4, 0.5, "float32"), Y], ArgumentError, r"labels\[0\] is 0.5, not a class"),
            Refusal([np.full(4, 1e30, "float32"), Y], IndexRangeError, r"labels\[0\] is 1e\+30"),
            Refusal([np.zeros(4, "bool"), Y], DTypeError, "labels need integers"),
            Refusal([np.zeros((4, 2), "int64"), Y], ShapeError, r"labels has shape \(4, 2\)"),
            Refusal([LABELS[:3], Y], ShapeError, r"labels has shape \(3,\)"),
        ],
    ),
]
