"""More rows of the rare classes of a table (D0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.order import check_seed
from ..errors import ArgumentError, ShapeError
from ..refusal import numbers, shown
from ..utils.optional import import_optional

Array = npt.NDArray[Any]


def smote(
    x: Any, y: Any, *, neighbors: int = 5, counts: Mapping[Any, int] | None = None, seed: int = 0
) -> tuple[Array, Array]:
    """The rows, and behind them synthetic ones until every class is as large as the largest.

    A synthetic row is a + u (b - a), u from U[0, 1): a point between a row and one of its `neighbors` nearest
    ones of the same class (Chawla and others 2002, by imbalanced-learn, the extra `tabular`). x: (n,
    features), y: (n,) classes; `counts`: class: its rows afterwards, instead of balance. Only for training
    rows: split first. The seed lies in [0, 2**32).

    >>> rng = np.random.default_rng(0)
    >>> x, y = smote(rng.normal(size=(30, 2)), np.repeat([0, 1], [20, 10]))
    >>> np.bincount(y).tolist()
    [20, 20]
    """
    rows, classes = np.asarray(numbers("smote", "x", x)), np.asarray(y)
    if rows.ndim != 2 or classes.shape != rows.shape[:1] or rows.size == 0:
        raise ShapeError(
            f"smote: x must be (n, features) and y (n,), got shapes {rows.shape} and {classes.shape}"
        )
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise ArgumentError("smote: x holds NaN or infinity")
    if isinstance(neighbors, bool) or not isinstance(neighbors, (int, np.integer)) or neighbors < 1:
        raise ArgumentError(f"smote: neighbors must be a whole number from 1, got {shown(neighbors)}")
    if check_seed(seed, "smote") >= 1 << 32:
        raise ArgumentError(f"smote: seed must lie in [0, 2**32), got {seed}")
    names, sizes = np.unique(classes, return_counts=True)
    growing = dict(zip(names.tolist(), sizes.tolist(), strict=True))
    wanted = dict.fromkeys(growing, max(growing.values())) if counts is None else counts
    if not isinstance(wanted, Mapping):
        raise ArgumentError(f"smote: counts must be a dict of class: rows, got {shown(counts)}")
    for name, size in wanted.items():
        if name not in growing or isinstance(size, bool) or not isinstance(size, int) or size < growing[name]:
            raise ArgumentError(
                f"smote: counts must have classes of y and at least their rows, got {name}: {size}"
            )
        if size > growing[name] <= neighbors:
            raise ArgumentError(
                f"smote: class {name!r} has {growing[name]} rows, too few for {neighbors} neighbors of each"
            )
    sampling = import_optional("imblearn.over_sampling", "SMOTE")
    sampler = sampling.SMOTE(sampling_strategy=dict(wanted), k_neighbors=int(neighbors), random_state=seed)
    more, labels = sampler.fit_resample(rows, classes)
    return np.asarray(more), np.asarray(labels)
