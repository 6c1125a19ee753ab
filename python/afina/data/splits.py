"""Parts of a data set that share no row: random, stratified, in time, by group.

Every function returns one index array per part; together they hold each row exactly once. `sizes` are
fractions that add up to 1, or counts that add up to the number of rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from .order import Indices, check_seed, permutation, raw_numbers


def random_split(n: int, sizes: Sequence[float], *, seed: int = 0) -> tuple[Indices, ...]:
    """n rows dealt out at random.

    >>> [len(part) for part in random_split(10, (0.7, 0.2, 0.1))]
    [7, 2, 1]
    """
    bounds = _bounds("random_split", n, sizes)
    return _cut(permutation(n, check_seed(seed, "random_split")), bounds)


def stratified_split(labels: npt.ArrayLike, sizes: Sequence[float], *, seed: int = 0) -> tuple[Indices, ...]:
    """Rows dealt out at random so that every part has the classes in the same shares, to within one row a
    class.

    >>> train, test = stratified_split([0, 0, 0, 0, 1, 1], (0.5, 0.5))
    >>> np.bincount(np.array([0, 0, 0, 0, 1, 1])[test]).tolist()
    [2, 1]
    """
    classes = _column("stratified_split", "labels", labels)
    seed = check_seed(seed, "stratified_split")
    bounds = _bounds("stratified_split", len(classes), sizes)
    # Row j of a class of m rows, in random order, stands at (j + u) / m of the way, with one random u for
    # the class: cutting the line anywhere takes its share of each class, and the cuts have exactly the sizes.
    place = np.empty(len(classes))
    shuffled = permutation(len(classes), seed)
    _, members = np.unique(classes[shuffled], return_inverse=True)
    members = members.reshape(-1)
    count = int(members.max()) + 1 if members.size else 0
    offsets = raw_numbers(count, seed, stream=1) / 2.0**64
    for k in range(count):
        rows = shuffled[members == k]
        place[rows] = (np.arange(len(rows)) + offsets[k]) / len(rows)
    return _cut(shuffled[np.argsort(place[shuffled], kind="stable")], bounds)


def temporal_split(times: npt.ArrayLike, sizes: Sequence[float]) -> tuple[Indices, ...]:
    """Rows in the order of their times: every time of a part lies before every time of the next.

    Rows of one time stay together, in the earlier part, so the sizes can be off by such a run.

    >>> [part.tolist() for part in temporal_split([30, 10, 20, 40], (0.5, 0.5))]
    [[1, 2], [0, 3]]
    """
    column = _column("temporal_split", "times", times)
    if column.dtype.kind == "f" and bool(np.isnan(column).any()):
        raise ArgumentError("temporal_split: times must not be NaN")
    order = np.argsort(column, kind="stable").astype(np.int64, copy=False)
    ordered = column[order]
    bounds = []
    for bound in _bounds("temporal_split", len(column), sizes):
        inside = 0 < bound < len(column)
        bounds.append(int(np.searchsorted(ordered, ordered[bound - 1], side="right")) if inside else bound)
    return _cut(order, bounds)


def group_split(groups: npt.ArrayLike, sizes: Sequence[float], *, seed: int = 0) -> tuple[Indices, ...]:
    """Whole groups (patients, places, speakers) dealt out at random, so that none is in two parts.

    The groups come in random order and each goes to the part that lacks most rows; the sizes are met as well
    as the groups' sizes allow. Raises `ArgumentError` when there are fewer groups than parts.

    >>> train, test = group_split(["a", "a", "b", "c", "c", "c"], (0.5, 0.5))
    >>> sorted([len(train), len(test)])
    [3, 3]
    """
    column = _column("group_split", "groups", groups)
    bounds = _bounds("group_split", len(column), sizes)
    names, members = np.unique(column, return_inverse=True)
    members = members.reshape(-1)
    parts = len(bounds) - 1
    if len(names) < parts:
        raise ArgumentError(f"group_split: {len(names)} groups cannot fill {parts} parts")
    lacking = [float(end - begin) for begin, end in itertools.pairwise(bounds)]
    part_of = np.empty(len(names), np.int64)
    taken = [0] * parts
    order = permutation(len(names), check_seed(seed, "group_split"))
    counts = np.bincount(members, minlength=len(names))
    for position, group in enumerate(order):
        empty = [part for part in range(parts) if taken[part] == 0]
        choice = empty if len(order) - position <= len(empty) else range(parts)
        part = max(choice, key=lambda each: lacking[each])
        part_of[group] = part
        lacking[part] -= float(counts[group])
        taken[part] += 1
    return tuple(np.flatnonzero(part_of[members] == part).astype(np.int64) for part in range(parts))


def train_test_split(
    *arrays: Any,
    test_size: float = 0.1,
    seed: int = 0,
    stratify: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    times: npt.ArrayLike | None = None,
) -> tuple[npt.NDArray[Any], ...]:
    """Each array's training rows and test rows: x_train, x_test, y_train, y_test, ...

    `test_size`: the fraction or the count of test rows. At most one of `stratify` (labels), `groups`,
    `times`.

    >>> x_train, x_test = train_test_split(np.arange(20), test_size=0.25)
    >>> len(x_train), len(x_test)
    (15, 5)
    """
    columns = [np.asarray(array) for array in arrays]
    if not columns or any(column.ndim == 0 or len(column) != len(columns[0]) for column in columns):
        shapes = ", ".join(str(column.shape) for column in columns) or "none"
        raise ArgumentError(f"train_test_split: needs arrays of the same length, got shapes {shapes}")
    n = len(columns[0])
    whole = isinstance(test_size, (int, np.integer))
    sizes = (n - test_size, test_size) if whole else (1.0 - test_size, test_size)
    given = [
        name
        for name, value in (("stratify", stratify), ("groups", groups), ("times", times))
        if value is not None
    ]
    if len(given) > 1:
        raise ArgumentError(f"train_test_split: {' and '.join(given)} exclude each other")
    for value in (stratify, groups, times):
        if value is not None and len(np.asarray(value)) != n:
            raise ArgumentError(
                f"train_test_split: {given[0]} has {len(np.asarray(value))} rows, the arrays have {n}"
            )
    if stratify is not None:
        train, test = stratified_split(stratify, sizes, seed=seed)
    elif groups is not None:
        train, test = group_split(groups, sizes, seed=seed)
    elif times is not None:
        train, test = temporal_split(times, sizes)
    else:
        train, test = random_split(n, sizes, seed=seed)
    return tuple(part for column in columns for part in (column[train], column[test]))


def _bounds(who: str, n: int, sizes: Sequence[float]) -> list[int]:
    """Where the parts begin and end: 0 = b0 <= b1 <= ... = n, from fractions or counts."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ArgumentError(f"{who}: the number of rows must be a whole number from 0, got {n!r}")
    if len(sizes) < 2:
        raise ArgumentError(f"{who}: sizes must name at least two parts, got {list(sizes)}")
    total = sum(sizes)
    counts = all(isinstance(size, (int, np.integer)) and not isinstance(size, bool) for size in sizes)
    if not all(size > 0 for size in sizes) or (total != n if counts else not abs(total - 1.0) < 1e-9):
        rule = f"counts above 0 that add up to {n}" if counts else "fractions above 0 that add up to 1"
        raise ArgumentError(f"{who}: sizes must be {rule}, got {list(sizes)}")
    shares = [float(size) for size in sizes] if counts else [float(size) * n for size in sizes]
    bounds = [0, *(round(bound) for bound in itertools.accumulate(shares))]
    if n > 0 and any(begin == end for begin, end in itertools.pairwise(bounds)):
        raise ArgumentError(f"{who}: {n} rows leave a part of sizes {list(sizes)} empty")
    return bounds


def _cut(order: Indices, bounds: Sequence[int]) -> tuple[Indices, ...]:
    return tuple(order[begin:end] for begin, end in itertools.pairwise(bounds))


def _column(who: str, argument: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    column = np.asarray(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ArgumentError(f"{who}: {argument} must have one dimension, got shape {column.shape}")
    return column
