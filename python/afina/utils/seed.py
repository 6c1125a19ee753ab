"""One seed for every generator."""

from __future__ import annotations

import random

import numpy as np

from ..errors import ArgumentError


def set_random_seed(seed: int) -> None:
    """Seed Python's `random`, NumPy's global generator and Afina's: 0 <= seed < 2**32, as NumPy asks.

    >>> set_random_seed(7)
    >>> first = np.random.rand()
    >>> set_random_seed(7)
    >>> bool(np.random.rand() == first)
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ArgumentError(f"set_random_seed: seed must be a whole number in [0, 2**32), got {seed!r}")
    from .. import random as afina_random

    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - scripts that call np.random.rand must repeat, too
    afina_random.set_seed(int(seed))
