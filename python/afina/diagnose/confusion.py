"""Which classes are taken for which, and the examples that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, IndexRangeError, ShapeError
from ..refusal import numbers

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Confusion:
    """`count` examples of class `true` were called `predicted`; `examples` are their rows, the surest
    first."""

    true: int
    predicted: int
    count: int
    examples: list[int]


def classes_of(who: str, argument: str, values: Any) -> Array:
    """Class numbers from class numbers, one-hot rows or probabilities (the most likely class)."""
    array = np.asarray(numbers(who, argument, values))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2:
        return np.asarray(array.argmax(axis=1))
    if array.ndim != 1:
        raise ShapeError(f"{who}: {argument} must have shape (n,) or (n, classes), got {array.shape}")
    if array.dtype.kind == "f":  # the output of one sigmoid, or whole numbers
        if not bool(np.isfinite(array).all()):
            raise ArgumentError(f"{who}: {argument} must be finite")
        whole = bool((array == np.round(array)).all())
        return array.astype(np.int64) if whole else (array > 0.5).astype(np.int64)
    return array.astype(np.int64)


def confusion_matrix(y_true: Any, y_pred: Any, classes: int | None = None) -> Array:
    """counts[t, p]: how many examples of class t were called p.

    y_true, y_pred: class numbers (n,), or one-hot rows or probabilities (n, classes). classes: their number,
    by default as many as appear.

    >>> confusion_matrix([0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]).tolist()
    [[1, 1], [0, 1]]
    """
    true, predicted = _pair("confusion_matrix", y_true, y_pred)
    found = max(int(true.max(initial=-1)), int(predicted.max(initial=-1)), _width(y_true), _width(y_pred))
    count = found + 1 if classes is None else classes
    low = min(int(true.min(initial=0)), int(predicted.min(initial=0)))
    if low < 0 or found >= count:
        raise IndexRangeError(
            f"confusion_matrix: classes must lie in 0 to {count - 1}, got {low if low < 0 else found}"
        )
    return np.bincount(true * count + predicted, minlength=count * count).reshape(count, count)


def most_confused(y_true: Any, y_pred: Any, top: int = 5, examples: int = 8) -> list[Confusion]:
    """The `top` pairs of classes that are mixed up most often, with up to `examples` rows each.

    With probabilities as y_pred the rows come by how sure the model was of the wrong class.

    >>> most_confused([0, 0, 0, 1], [1, 1, 0, 1])
    [Confusion(true=0, predicted=1, count=2, examples=[0, 1])]
    """
    true, predicted = _pair("most_confused", y_true, y_pred)
    array = np.asarray(y_pred, dtype=np.float64)
    sure = array[np.arange(len(true)), predicted] if array.ndim == 2 and array.shape[1] > 1 else None
    wrong = np.flatnonzero(true != predicted)
    pairs, members = np.unique(np.stack([true[wrong], predicted[wrong]]), axis=1, return_inverse=True)
    members = members.reshape(-1)
    found = []
    for number in range(pairs.shape[1]):
        rows = wrong[members == number]
        order = rows if sure is None else rows[np.argsort(-sure[rows], kind="stable")]
        t, p = (int(one) for one in pairs[:, number])
        found.append(Confusion(t, p, len(rows), order[:examples].tolist()))
    return sorted(found, key=lambda one: -one.count)[:top]


def worst_examples(y_true: Any, probabilities: Any, count: int = 16) -> list[int]:
    """The rows whose true class was given the least probability, the worst first.

    >>> worst_examples([0, 1, 1], [[0.9, 0.1], [0.95, 0.05], [0.4, 0.6]], count=2)
    [1, 2]
    """
    array = np.asarray(numbers("worst_examples", "probabilities", probabilities), dtype=np.float64)
    true = classes_of("worst_examples", "y_true", y_true)
    if array.ndim == 2 and array.shape[1] == 1:
        array = np.concatenate([1 - array, array], axis=1)
    if array.ndim != 2 or len(array) != len(true):
        raise ShapeError(
            f"worst_examples: probabilities must have shape ({len(true)}, classes), got {array.shape}"
        )
    if len(true) and not 0 <= int(true.min()) <= int(true.max()) < array.shape[1]:
        raise IndexRangeError(f"worst_examples: y_true must lie in 0 to {array.shape[1] - 1}")
    given = array[np.arange(len(true)), true]
    rows: list[int] = np.argsort(given, kind="stable")[:count].tolist()
    return rows


def _pair(who: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    true, predicted = classes_of(who, "y_true", y_true), classes_of(who, "y_pred", y_pred)
    if len(true) != len(predicted):
        raise ShapeError(f"{who}: y_true has {len(true)} rows, y_pred has {len(predicted)}")
    return true, predicted


def _width(values: Any) -> int:
    shape = np.shape(values)
    return shape[1] - 1 if len(shape) == 2 and shape[1] > 1 else -1
