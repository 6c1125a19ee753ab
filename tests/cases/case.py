"""What a case is: one op, its NumPy reference, inputs to try, and the mistakes it must refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Make = Callable[[np.random.Generator], Any]  # draws one argument in float64 (or an integer dtype)


@dataclass(frozen=True)
class Call:
    """One way to call the op: positional inputs (arrays are turned into tensors), and keyword arguments."""

    inputs: Sequence[Make]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    gradient: bool | None = (
        None  # None: as the op's row says; False: this call is not differentiable, with `why`
    )
    why: str = ""


@dataclass(frozen=True)
class Refusal:
    """A call that must raise `error` with a message matching `match` (a regular expression)."""

    inputs: Sequence[Any]
    error: type[Exception]
    match: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A row of the case table: `reference` takes the same arguments as float64 NumPy arrays."""

    name: str
    reference: Callable[..., Any]
    calls: Sequence[Call]
    refusals: Sequence[Refusal] = ()
    rtol: float = 1e-5  # float32 against float64; the float64 run is held to 1e-12 and gradients to 1e-6
    atol: float = 1e-6
    check_values: bool = True  # False: random ops, whose values have tests of their own


def normal(*shape: int) -> Make:
    """Standard normal numbers."""
    return lambda rng: rng.standard_normal(shape)


def positive(*shape: int) -> Make:
    """Numbers in [0.5, 2]: away from zero."""
    return lambda rng: rng.uniform(0.5, 2.0, shape)


def uniform(low: float, high: float, *shape: int) -> Make:
    """Numbers in [low, high]."""
    return lambda rng: rng.uniform(low, high, shape)


def away_from(kink: float, *shape: int) -> Make:
    """Numbers at least 0.1 away from `kink`, on both sides of it."""

    def make(rng: np.random.Generator) -> Array:
        distance = rng.uniform(0.1, 2.0, shape)
        return kink + np.where(rng.random(shape) < 0.5, -distance, distance)

    return make


def distinct(*shape: int) -> Make:
    """Numbers at least 0.05 apart from one another, in random order: for maxima and sorting."""

    def make(rng: np.random.Generator) -> Array:
        count = int(np.prod(shape))
        return (rng.permutation(count) * 0.1 + rng.uniform(0, 0.05, count) - count * 0.05).reshape(shape)

    return make


def integers(low: int, high: int, *shape: int, dtype: str = "int64") -> Make:
    """Integers in [low, high)."""
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def booleans(*shape: int) -> Make:
    """Random truth values."""
    return lambda rng: rng.random(shape) < 0.5


def fixed(value: Any) -> Make:
    """A given value: an array, a list, or None."""
    return lambda rng: value


def sequence(*makes: Make) -> Make:
    """A list of arrays, for ops that take several tensors in one argument."""
    return lambda rng: [make(rng) for make in makes]
