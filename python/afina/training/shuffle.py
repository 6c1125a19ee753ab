"""The order of the samples, as a pure function of a key and the epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import random

Key = tuple[int, int]
SALT = 0x5851F42D4C957F2D  # keeps these numbers apart from those the ops draw under the same seed


def new_key() -> Key:
    """A key for one run, from the global generator, which moves on: two runs get different orders.

    >>> from afina import random
    >>> random.set_seed(1)
    >>> first = new_key()
    >>> random.set_seed(1)
    >>> new_key() == first, new_key() == first
    (True, False)
    """
    seed, stream = random.get_state()
    random.set_state((seed, stream + 1))
    return seed, stream


def permutation(key: Key, epoch: int, count: int) -> npt.NDArray[Any]:
    """The order of `count` samples in `epoch`: sorted by Philox numbers, whose stream NumPy keeps for ever.

    >>> sorted(permutation((1, 2), 3, 5).tolist())
    [0, 1, 2, 3, 4]
    """
    words = [(key[0]) & (2**64 - 1), (key[1] ^ SALT) & (2**64 - 1)]
    generator = np.random.Philox(
        key=np.array(words, np.uint64), counter=np.array([0, 0, epoch, 0], np.uint64)
    )
    return np.argsort(generator.random_raw(count), kind="stable")
