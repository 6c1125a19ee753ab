"""Shapes that files declare."""

from __future__ import annotations

import math
from collections.abc import Sequence

RANK_LIMIT = 32


def is_possible(shape: Sequence[int], itemsize: int) -> bool:
    """Whether there can be an array of that shape: at most `RANK_LIMIT` axes, none below 0, not too large.

    NumPy counts an axis of 0 as 1 there: of (0, 2**62, 4) it makes no array, empty as it were.

    >>> is_possible((2, 0, 3), 4), is_possible((0, 1 << 62, 4), 4), is_possible((-1,), 4)
    (True, False, False)
    """
    if len(shape) > RANK_LIMIT or any(size < 0 for size in shape):
        return False
    return math.prod(max(size, 1) for size in shape) * max(itemsize, 1) < 1 << 63
