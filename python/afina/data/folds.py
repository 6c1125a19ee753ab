"""Cross-validation: k pairs of training and validation rows that together hold each row once as validation.

Only training rows belong here; the test rows were set aside before (`GuardedTestSet`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from .order import Indices, check_seed
from .splits import group_split, stratified_split, temporal_split

Fold = tuple[Indices, Indices]


def k_fold(n: int, folds: int = 5, *, shuffle: bool = False, seed: int = 0) -> list[Fold]:
    """(training rows, validation rows) for each of `folds` parts of n rows, sizes equal to within one.

    The folds are those of scikit-learn's `KFold(folds, shuffle=shuffle, random_state=seed)`, in its order, so
    results can be compared row by row; the seed therefore lies in [0, 2**32).

    >>> [held_out.tolist() for _, held_out in k_fold(5, 2)]
    [[0, 1, 2], [3, 4]]
    """
    _check_folds("k_fold", folds, n)
    if check_seed(seed, "k_fold") >= 1 << 32:
        raise ArgumentError(f"k_fold: seed must lie in [0, 2**32), got {seed}")
    order = np.arange(n, dtype=np.int64)
    if shuffle:
        np.random.RandomState(seed).shuffle(order)  # scikit-learn's folds, and fixed for good
    return _against_the_rest([np.sort(part) for part in np.array_split(order, folds)])


def stratified_k_fold(labels: npt.ArrayLike, folds: int = 5, *, seed: int = 0) -> list[Fold]:
    """`k_fold` of shuffled rows whose validation parts have the classes in the same shares.

    >>> labels = np.array([0, 0, 1, 1])
    >>> [np.bincount(labels[held_out]).tolist() for _, held_out in stratified_k_fold(labels, 2)]
    [[1, 1], [1, 1]]
    """
    _check_folds("stratified_k_fold", folds, np.size(labels))
    return _against_the_rest(stratified_split(labels, (1 / folds,) * folds, seed=seed))


def group_k_fold(groups: npt.ArrayLike, folds: int = 5, *, seed: int = 0) -> list[Fold]:
    """`k_fold` that keeps every group (patient, place, speaker) whole: none is in both rows of a pair.

    >>> sorted(held_out.tolist() for _, held_out in group_k_fold(["a", "b", "a", "b"], 2))
    [[0, 2], [1, 3]]
    """
    _check_folds("group_k_fold", folds, np.size(groups))
    return _against_the_rest(group_split(groups, (1 / folds,) * folds, seed=seed))


def temporal_folds(times: npt.ArrayLike, folds: int = 5) -> list[Fold]:
    """Forward chaining: of folds + 1 parts in time, part i validates what parts 0 ... i-1 have trained.

    >>> [(past.tolist(), held_out.tolist()) for past, held_out in temporal_folds([10, 20, 30], 2)]
    [([0], [1]), ([0, 1], [2])]
    """
    _check_folds("temporal_folds", folds, np.size(times) - 1)
    parts = temporal_split(times, (1 / (folds + 1),) * (folds + 1))
    return [(np.concatenate(parts[:i]), parts[i]) for i in range(1, folds + 1)]


def _against_the_rest(parts: Sequence[Indices]) -> list[Fold]:
    """Each part as validation rows, the others' rows in ascending order as training rows."""
    return [
        (np.sort(np.concatenate([part for j, part in enumerate(parts) if j != i])), held_out)
        for i, held_out in enumerate(parts)
    ]


def _check_folds(who: str, folds: object, n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise ArgumentError(f"{who}: the number of rows must be a whole number, got {n!r}")
    whole = isinstance(folds, (int, np.integer)) and not isinstance(folds, bool)
    if not whole or not 2 <= folds <= n:  # type: ignore[operator]
        raise ArgumentError(f"{who}: folds must be a whole number from 2 to {n}, got {folds!r}")
