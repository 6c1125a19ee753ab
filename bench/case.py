"""What is measured: a case is one computation on fixed inputs, a timing is one way to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Inputs = Callable[[np.random.Generator], list[Array]]


@dataclass(frozen=True)
class Timing:
    """One way to run a case, with the least work it can be done with.

    `wanted` are the inputs whose gradients are computed; `forward` says whether the forward pass is measured
    too. `flops` counts multiplications and additions, `nbytes` what must be read and written at least.
    """

    direction: str
    wanted: tuple[int, ...] = ()
    forward: bool = True
    flops: float = 0.0
    nbytes: float = 0.0


@dataclass(frozen=True)
class Case:
    """A computation: `op` is its name in every library's table, `settings` its other arguments."""

    name: str
    op: str
    inputs: Inputs
    timings: tuple[Timing, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def arrays(self) -> list[Array]:
        """The inputs, the same in every process."""
        return self.inputs(np.random.default_rng(0))

    def seed(self, shape: tuple[int, ...]) -> Array:
        """The gradient that arrives at an output of that shape: ones for a scalar, else random."""
        if not shape:
            return np.ones((), "float32")
        return np.random.default_rng(1).standard_normal(shape, dtype="float32")


def normal(*shapes: tuple[int, ...]) -> Inputs:
    """Inputs of standard normal numbers, one array for each shape."""
    return lambda rng: [rng.standard_normal(shape, dtype="float32") for shape in shapes]


def product(shape: tuple[int, ...]) -> int:
    """The number of elements of a shape."""
    return int(np.prod(shape, dtype=np.int64))


def selected(cases: list[Case], pattern: str) -> list[tuple[Case, Timing]]:
    """The cases and timings whose "name direction" contains one of the comma-separated words of `pattern`."""
    words = [word.strip().lower() for word in pattern.split(",") if word.strip()]
    pairs = [(case, timing) for case in cases for timing in case.timings]
    if not words:
        return pairs
    return [(c, t) for c, t in pairs if any(w in f"{c.name} {t.direction}".lower() for w in words)]
