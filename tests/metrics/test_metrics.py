"""Metrics against scikit-learn and NumPy, in batches, with weights."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from afina import losses, metrics, tensor
from afina.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(5)
N, CLASSES = 90, 5
LABELS = RNG.integers(0, CLASSES, N)
ONE_HOT = np.eye(CLASSES)[LABELS]
SCORES = RNG.dirichlet(np.ones(CLASSES), N) * 0.7 + 0.3 * ONE_HOT * RNG.random((N, 1))
BITS = RNG.integers(0, 2, (N, 1))
SHARE = np.clip(0.35 * BITS + 0.65 * RNG.random((N, 1)), 0, 1)
REAL, OTHER = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 3))
WEIGHTS = RNG.uniform(0, 2, N)
CALLED = SHARE > 0.5

CASES = {
    "BinaryAccuracy": (
        metrics.BinaryAccuracy,
        BITS,
        SHARE,
        lambda w: np.average((CALLED == BITS)[:, 0], weights=w),
    ),
    "CategoricalAccuracy": (
        metrics.CategoricalAccuracy,
        ONE_HOT,
        SCORES,
        lambda w: sklearn_metrics.accuracy_score(LABELS, SCORES.argmax(1), sample_weight=w),
    ),
    "SparseCategoricalAccuracy": (
        metrics.SparseCategoricalAccuracy,
        LABELS,
        SCORES,
        lambda w: sklearn_metrics.accuracy_score(LABELS, SCORES.argmax(1), sample_weight=w),
    ),
    "TopK": (
        lambda: metrics.TopKCategoricalAccuracy(2),
        ONE_HOT,
        SCORES,
        lambda w: sklearn_metrics.top_k_accuracy_score(LABELS, SCORES, k=2, sample_weight=w),
    ),
    "SparseTopK": (
        lambda: metrics.SparseTopKCategoricalAccuracy(3),
        LABELS,
        SCORES,
        lambda w: sklearn_metrics.top_k_accuracy_score(LABELS, SCORES, k=3, sample_weight=w),
    ),
    "Precision": (
        metrics.Precision,
        BITS,
        SHARE,
        lambda w: sklearn_metrics.precision_score(BITS[:, 0], CALLED[:, 0], sample_weight=w),
    ),
    "Recall": (
        metrics.Recall,
        BITS,
        SHARE,
        lambda w: sklearn_metrics.recall_score(BITS[:, 0], CALLED[:, 0], sample_weight=w),
    ),
    "F1": (
        lambda: metrics.F1Score(threshold=0.5),
        BITS,
        SHARE,
        lambda w: sklearn_metrics.f1_score(BITS[:, 0], CALLED[:, 0], sample_weight=w),
    ),
    **{
        f"F1 {average}": (
            lambda average=average: metrics.F1Score(average),
            ONE_HOT,
            SCORES,
            lambda w, average=average: sklearn_metrics.f1_score(
                LABELS, SCORES.argmax(1), average=average, sample_weight=w
            ),
        )
        for average in ("micro", "macro", "weighted")
    },
    "AUC": (
        lambda: metrics.AUC(100_000),
        BITS,
        SHARE,
        lambda w: sklearn_metrics.roc_auc_score(BITS[:, 0], SHARE[:, 0], sample_weight=w),
    ),
    "AUC PR": (
        lambda: metrics.AUC(100_000, curve="PR"),
        BITS,
        SHARE,
        lambda w: sklearn_metrics.average_precision_score(BITS[:, 0], SHARE[:, 0], sample_weight=w),
    ),
    "MSE": (
        metrics.MeanSquaredError,
        REAL,
        OTHER,
        lambda w: sklearn_metrics.mean_squared_error(REAL, OTHER, sample_weight=w),
    ),
    "RMSE": (
        metrics.RootMeanSquaredError,
        REAL,
        OTHER,
        lambda w: sklearn_metrics.mean_squared_error(REAL, OTHER, sample_weight=w) ** 0.5,
    ),
    "MAE": (
        metrics.MeanAbsoluteError,
        REAL,
        OTHER,
        lambda w: sklearn_metrics.mean_absolute_error(REAL, OTHER, sample_weight=w),
    ),
}
ALL = pytest.mark.parametrize("name", CASES)


def fed(metric, y, p, weights=None, size=32):
    for first in range(0, N, size):
        rows = slice(first, first + size)
        part = None if weights is None else weights[rows]
        metric.update_state(y[rows], tensor(p[rows]), part)
    return metric


@ALL
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_a_metric_fed_in_batches_equals_the_value_over_all_samples(name, weights):
    make, y, p, reference = CASES[name]
    found = fed(make(), y, p, weights).result()
    assert isinstance(found, float)
    assert found == pytest.approx(reference(weights), rel=1e-6)


@ALL
def test_reset_forgets_everything(name):
    make, y, p, reference = CASES[name]
    metric = fed(make(), p.round() if y.shape == p.shape else (y + 1) % CLASSES, p)
    metric.reset_state()
    assert fed(metric, y, p).result() == pytest.approx(reference(None), rel=1e-6)


@ALL
def test_the_state_carries_a_half_finished_epoch(name):
    make, y, p, _ = CASES[name]
    through, first, second = make(), make(), make()
    fed(through, y, p)
    for metric, rows in ((first, slice(0, 40)), (second, slice(40, N))):
        if metric is second:
            second.set_state(first.get_state())
        metric.update_state(y[rows], p[rows])
    assert second.result() == pytest.approx(through.result(), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "labels", "outputs", "kind"),
    [
        ("binary_crossentropy", (8, 4), (8, 4), "BinaryAccuracy"),
        ("categorical_crossentropy", (8, 4), (8, 4), "CategoricalAccuracy"),
        ("sparse_categorical_crossentropy", (8, 1), (8, 4), "SparseCategoricalAccuracy"),
        ("mse", (8, 4), (8, 4), "CategoricalAccuracy"),
        ("mse", (8, 1), (8, 1), "BinaryAccuracy"),
        (None, (8,), (8, 4), "SparseCategoricalAccuracy"),
    ],
)
def test_accuracy_means_what_the_loss_and_the_shapes_say(loss, labels, outputs, kind):
    assert type(metrics.accuracy_for(losses.get(loss), labels, outputs)).__name__ == kind


def test_accuracy_of_logits_is_cut_at_zero():
    metric = metrics.accuracy_for(losses.BinaryCrossentropy(from_logits=True), (2, 1), (2, 1))
    assert metric([[1], [0]], [[0.2], [-0.2]]) == 1.0


def test_a_loss_is_a_metric_by_its_name():
    metric = metrics.get("mean_absolute_percentage_error")
    assert metric([[2.0], [4.0]], [[1.0], [4.0]]) == pytest.approx(25.0)
    assert metric.name == "mean_absolute_percentage_error"


def test_a_metric_keeps_the_name_it_was_asked_by():
    assert [metrics.get(name).name for name in ("mse", "mae", "auc", "AUC")] == ["mse", "mae", "auc", "AUC"]


def test_precision_of_nothing_called_and_recall_of_nothing_present_are_zero():
    assert metrics.Precision()([[1], [0]], [[0.1], [0.2]]) == 0.0
    assert metrics.Recall()([[0], [0]], [[0.9], [0.2]]) == 0.0


def test_ties_in_top_k_count_for_the_label_and_nan_counts_as_wrong():
    assert metrics.SparseTopKCategoricalAccuracy(1)([1], [[0.5, 0.5]]) == 1.0
    assert metrics.SparseTopKCategoricalAccuracy(1)([1], [[0.5, np.nan]]) == 0.0


@pytest.mark.parametrize(
    ("kind", "labels", "outputs"),
    [
        (metrics.CategoricalAccuracy, (8,), (8, 4)),
        (metrics.SparseCategoricalAccuracy, (8, 4), (8, 4)),
        (metrics.BinaryAccuracy, (8,), (8, 1)),
        (metrics.MeanSquaredError, (8, 1), (8, 4)),
        (metrics.Precision, (8,), (8, 1)),
        (metrics.F1Score, (8, 1), (8, 4)),
        (metrics.AUC, (8,), (8, 1)),
    ],
)
def test_a_metric_does_not_broadcast(kind, labels, outputs):
    with pytest.raises(ShapeError):
        kind().update_state(np.zeros(labels, int), np.full(outputs, 0.5))


@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.get("acuracy"),
        lambda: metrics.TopKCategoricalAccuracy(0),
        lambda: metrics.BinaryAccuracy(threshold=2.0),
        lambda: metrics.Precision(thresholds=-0.1),
        lambda: metrics.F1Score("mean"),
        lambda: metrics.AUC(1),
        lambda: metrics.AUC(curve="DET"),
        lambda: metrics.AUC()([[1]], [[1.5]]),
        lambda: metrics.get(3.5),
    ],
)
def test_a_metric_rejects_arguments_outside_their_range(make):
    with pytest.raises(ArgumentError):
        make()


def test_a_function_of_the_caller_is_a_metric_and_gets_tensors_of_one_dtype():
    def distance(y_true, y_pred):
        assert (y_true.dtype, y_pred.dtype) == ("float32", "float32")
        return abs(y_true - y_pred)

    metric = metrics.get(distance)
    assert metric.name == "distance"
    assert metric(np.array([[1], [2]]), np.float32([[1.5], [4.0]])) == pytest.approx(1.25)
