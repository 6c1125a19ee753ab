"""The global random generator: counter-based, so that its whole state is two integers."""

from __future__ import annotations

from afina import _C


def set_seed(seed: int) -> None:
    """Starts the generator at `seed`; every device and thread count then draws the same numbers.

    >>> set_seed(1)
    >>> get_state()
    (1, 0)
    """
    _C.seed_generator(seed)


def get_state() -> tuple[int, int]:
    """(seed, number of the next stream): each op that draws takes one stream."""
    return _C.generator_state()


def set_state(state: tuple[int, int]) -> None:
    """Continues where `get_state` was read."""
    seed, next_stream = state
    _C.set_generator_state(seed, next_stream)
