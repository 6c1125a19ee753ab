"""Metrics by name, by function and by object; stateful, weighted, cheap to update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import losses
from ..errors import ArgumentError
from ..registry import register, registered_classes
from .accuracy import (
    Accuracy as Accuracy,
    BinaryAccuracy as BinaryAccuracy,
    CategoricalAccuracy as CategoricalAccuracy,
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
    binary_accuracy as binary_accuracy,
    categorical_accuracy as categorical_accuracy,
    sparse_categorical_accuracy as sparse_categorical_accuracy,
)
from .auc import AUC as AUC
from .confusion import Precision as Precision, Recall as Recall
from .f1_score import F1Score as F1Score
from .masked_metric import MaskedMetric as MaskedMetric
from .mean import Mean as Mean, Sum as Sum
from .mean_of_function import MeanOfFunction as MeanOfFunction
from .metric import Metric as Metric
from .regression import (
    MeanAbsoluteError as MeanAbsoluteError,
    MeanSquaredError as MeanSquaredError,
    RootMeanSquaredError as RootMeanSquaredError,
)
from .top_k import (
    SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy as TopKCategoricalAccuracy,
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy as top_k_categorical_accuracy,
)

# name -> class; "accuracy" and "acc" are resolved by `accuracy_for` once the shapes are known
_CLASSES: dict[str, type[Metric]] = {
    "auc": AUC,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "f1_score": F1Score,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "precision": Precision,
    "recall": Recall,
    "rmse": RootMeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
}
_ACCURACY_NAMES = ("accuracy", "acc")


def get(identifier: Any) -> Metric:  # noqa: PLR0911 - one return per kind of identifier
    """A metric from its name, its class, a function of labels and outputs, or the metric itself.

    The name given is the name in the history. Every loss is a metric too, by its name or function.

    >>> from afina import metrics
    >>> metrics.get("mse").name
    'mse'
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if isinstance(identifier, str):
        kinds = {**_CLASSES, **{kind.__name__: kind for kind in _CLASSES.values()}}
        if identifier in kinds:
            metric = kinds[identifier]()
            metric.name = identifier
            return metric
        return MeanOfFunction(_loss_values(identifier), identifier)
    if isinstance(identifier, losses.Loss):
        return MeanOfFunction(_values_of(identifier), identifier.name)
    if callable(identifier):
        name = getattr(identifier, "__name__", "")
        if name in _CLASSES and identifier is globals().get(name):
            return _CLASSES[name](name=name)
        return MeanOfFunction(identifier)
    raise ArgumentError(f"metrics.get: expected a name, a function or a Metric, got {identifier!r}")


def is_accuracy(identifier: Any) -> bool:
    """Whether this is the name that `accuracy_for` resolves."""
    return isinstance(identifier, str) and identifier in _ACCURACY_NAMES


def accuracy_for(
    loss: losses.Loss | None, labels: tuple[int, ...], outputs: tuple[int, ...], name: str = "accuracy"
) -> Metric:
    """The accuracy that fits: binary, categorical or sparse, by the loss and then by the shapes.

    >>> from afina import losses, metrics
    >>> type(metrics.accuracy_for(None, (32,), (32, 10))).__name__
    'SparseCategoricalAccuracy'
    """
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        return SparseCategoricalAccuracy(name)
    if isinstance(loss, losses.CategoricalCrossentropy):
        return CategoricalAccuracy(name)
    if isinstance(loss, losses.BinaryCrossentropy):
        return BinaryAccuracy(name, threshold=0.0 if loss.from_logits else 0.5)
    if outputs[-1:] == (1,) or len(outputs) == 1:
        return BinaryAccuracy(name)
    return CategoricalAccuracy(name) if labels == outputs else SparseCategoricalAccuracy(name)


def _loss_values(name: str) -> Callable[[Any, Any], Any]:
    try:
        loss = losses.get(name)
    except ArgumentError:
        known = ", ".join(sorted({*_CLASSES, *_ACCURACY_NAMES}))
        raise ArgumentError(f"metrics.get: unknown metric {name!r}; known: {known}, and every loss") from None
    assert loss is not None
    return _values_of(loss)


def _values_of(loss: losses.Loss) -> Callable[[Any, Any], Any]:
    values = type(loss)(**{**loss.get_config(), "reduction": "none"})
    return values.__call__


_kinds: set[type[Metric]] = {Accuracy, MaskedMetric, Mean, Sum, *_CLASSES.values()}
for _kind in _kinds:  # a saved model may name each of them
    _taken = _kind.__name__ in registered_classes()  # by the loss of the same name
    register(_kind, f"{_kind.__name__}Metric" if _taken else _kind.__name__)
for _function in (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
):
    register(_function)
