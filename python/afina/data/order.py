"""Seeded orders that stay the same in every version of NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError

Indices = npt.NDArray[np.int64]


def permutation(n: int, seed: int, stream: int = 0) -> Indices:
    """0 ... n-1 in an order that depends on (seed, stream) alone.

    The rows are sorted by the raw numbers of Philox keyed by (seed, stream). Unlike `Generator.permutation`,
    whose method NumPy may change, the raw stream of a bit generator is fixed for good, so an order can be
    resumed years later.

    >>> permutation(5, seed=1).tolist() == permutation(5, seed=1).tolist()
    True
    """
    return np.argsort(raw_numbers(n, seed, stream), kind="stable").astype(np.int64, copy=False)


def raw_numbers(n: int, seed: int, stream: int = 0) -> npt.NDArray[np.uint64]:
    """n random 64-bit numbers of Philox keyed by (seed, stream)."""
    return np.random.Philox(key=_key(seed, stream)).random_raw(n)


def generator(seed: int, stream: int, index: int) -> np.random.Generator:
    """A generator of its own for (seed, stream, index): nobody else's draws change what it gives."""
    return np.random.Generator(np.random.Philox(key=_key(seed, stream), counter=[0, 0, 0, index + 1]))


def check_seed(seed: object, who: str) -> int:
    """A whole number in [0, 2**64), or `ArgumentError` naming `who`."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 1 << 64:
        raise ArgumentError(f"{who}: seed must be a whole number in [0, 2**64), got {seed!r}")
    return int(seed)


def _key(seed: int, stream: int) -> npt.NDArray[np.uint64]:
    return np.array([seed, stream], np.uint64)
