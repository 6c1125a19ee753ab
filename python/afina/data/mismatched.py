"""Training data from elsewhere, and little data of the kind that counts (D2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, ShapeError
from ..refusal import numbers
from ..utils.optional import import_optional
from .order import Indices, check_seed, permutation, raw_numbers


@dataclass(frozen=True)
class MismatchedSplit:
    """Row numbers: those from 0 are the plentiful rows, those from `plentiful` on the rows that count."""

    train: Indices
    train_dev: Indices
    dev: Indices
    test: Indices


def split_mismatched(
    plentiful: int,
    scarce: int,
    *,
    scarce_in_training: int | None = None,
    train_dev: int | None = None,
    seed: int = 0,
) -> MismatchedSplit:
    """The deck's option 2 for 200,000 web images and 10,000 of the app: dev and test hold app images only.

    `plentiful`: rows of another distribution (web), numbered from 0; `scarce`: rows of the distribution that
    counts (app), numbered from `plentiful`. `scarce_in_training` of these (default: half) join the training
    rows; the rest is halved into dev and test, which so share a distribution. `train_dev` rows (default: as
    many as dev) are taken out of the shuffled training pool: they tell variance (train to train-dev) from
    mismatch (train-dev to dev). Pooling and shuffling everything (option 1) would fill dev with web images.

    >>> parts = split_mismatched(200_000, 10_000)
    >>> [len(part) for part in (parts.train, parts.train_dev, parts.dev, parts.test)]
    [202500, 2500, 2500, 2500]
    """
    joining = scarce // 2 if scarce_in_training is None and isinstance(scarce, int) else scarce_in_training
    for name, value, least in (
        ("plentiful", plentiful, 1),
        ("scarce", scarce, 2),
        ("scarce_in_training", joining, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ArgumentError(
                f"split_mismatched: {name} must be a whole number from {least}, got {value!r}"
            )
    assert joining is not None
    held = scarce - joining
    if held < 2:
        raise ArgumentError(
            f"split_mismatched: scarce_in_training={joining} leaves {held} of {scarce} for dev and test"
        )
    seed = check_seed(seed, "split_mismatched")
    order = plentiful + permutation(scarce, seed)
    dev, test = order[joining : joining + held // 2], order[joining + held // 2 :]
    pool = np.concatenate([np.arange(plentiful, dtype=np.int64), order[:joining]])
    pool = pool[permutation(len(pool), seed, stream=1)]
    aside = len(dev) if train_dev is None else train_dev
    if isinstance(aside, bool) or not isinstance(aside, (int, np.integer)) or not 0 <= aside < len(pool):
        raise ArgumentError(
            f"split_mismatched: train_dev must be a whole number from 0 to {len(pool) - 1}, got {aside!r}"
        )
    return MismatchedSplit(pool[aside:], pool[:aside], dev, test)


@dataclass(frozen=True)
class TwoSampleResult:
    """What `two_sample_test` found: `differ` says whether `p_value` is below `level`."""

    differ: bool
    p_value: float
    statistic: float
    level: float


def two_sample_test(
    first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.01, projections: int = 16, seed: int = 0
) -> TwoSampleResult:
    """Whether two sets of rows (dev and test, say) come from one distribution.

    Kolmogorov and Smirnov's test of each feature (up to 64) and of `projections` random directions of the
    standardized rows, which see shifts of several features together; the least p-value is multiplied by the
    number of tests (Bonferroni). `differ`: that is below `level`, the probability of a false alarm. Needs
    SciPy (the extra `data`).

    >>> rng = np.random.default_rng(0)
    >>> two_sample_test(rng.normal(size=(300, 4)), rng.normal(size=(300, 4))).differ
    False
    >>> two_sample_test(rng.normal(size=(300, 4)), rng.normal(size=(300, 4)) + 0.5).differ
    True
    """
    a, b = (_flat_rows(name, rows) for name, rows in (("first", first), ("second", second)))
    if a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"two_sample_test: rows of {a.shape[1]} and of {b.shape[1]} features cannot be compared"
        )
    if not 0 < level < 1:
        raise ArgumentError(f"two_sample_test: level must lie in (0, 1), got {level!r}")
    if isinstance(projections, bool) or not isinstance(projections, (int, np.integer)) or projections < 1:
        raise ArgumentError(
            f"two_sample_test: projections must be a whole number from 1, got {projections!r}"
        )
    both = np.concatenate([a, b])
    scale = both.std(axis=0)
    both = (both - both.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    uniform = raw_numbers(both.shape[1] * projections, check_seed(seed, "two_sample_test")) / 2.0**64
    directions = uniform.reshape(both.shape[1], projections) * 2 - 1
    columns = np.concatenate([both[:, :64], both @ directions], axis=1)
    stats = import_optional("scipy.stats", "the two-sample test")
    found = [stats.ks_2samp(column[: len(a)], column[len(a) :], method="asymp") for column in columns.T]
    least = min(found, key=lambda one: float(one.pvalue))
    p_value = min(1.0, float(least.pvalue) * len(found))
    return TwoSampleResult(p_value < level, p_value, float(least.statistic), level)


def _flat_rows(name: str, rows: Any) -> npt.NDArray[np.float64]:
    array = np.asarray(numbers("two_sample_test", name, rows))
    if array.ndim == 0 or len(array) < 2 or array.size == 0:
        raise ShapeError(f"two_sample_test: {name} needs at least two rows, got shape {array.shape}")
    flat = array.reshape(len(array), -1).astype(np.float64)
    if not np.isfinite(flat).all():
        raise ArgumentError(f"two_sample_test: {name} holds NaN or infinity")
    return flat
