"""Cases of the family `loss`."""

from typing import Any

import numpy as np

from afina import tensor
from afina.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from cases.case import Array, Call, Case, Make, Refusal, fixed, integers, normal, positive
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
