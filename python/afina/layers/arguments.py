"""Checks of constructor arguments that several layers share."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError


def check_positive(owner: str, **arguments: Any) -> None:
    """Raise `ArgumentError` naming the first argument that is not an int of at least 1.

    >>> check_positive("Dense", units=3)
    """
    for name, value in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ArgumentError(f"{owner}: {name} must be a positive int, got {value!r}")


def probability(owner: str, argument: str, value: Any) -> float:
    """`value` as a float in [0, 1); `ArgumentError` naming the argument otherwise.

    >>> probability("Dropout", "rate", 0.5)
    0.5
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ArgumentError(f"{owner}: {argument} must lie in [0, 1), got {value!r}")
    return float(value)
