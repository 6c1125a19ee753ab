"""The base of everything that turns an update count into a number: a learning rate or a momentum."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..checked import Checked
from ..errors import ArgumentError


class Schedule(Checked):
    """A function of the update count: `schedule(t)` is the value used by update t (the first is t = 0).

    Schedules are closed forms without state, so a resumed run needs only the count.

    >>> from afina.schedules import ExponentialDecay
    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    _explains_calls = True

    formula = "value(t)"

    def __call__(self, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step)")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments: `type(schedule)(**schedule.get_config())` is an equal schedule."""
        return dict(vars(self))

    def describe(self) -> str:
        """The formula in force with its numbers, for `model.describe_training()`."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}: {self.formula} with {values}"


class FunctionSchedule(Schedule):
    """A user's own `function(step) -> float` as a schedule."""

    formula = "f(t), a function given by the caller"

    def __init__(self, function: Callable[[int], float]) -> None:
        self.function = function

    def __call__(self, step: int) -> float:
        return float(self.function(step))


def check_positive(owner: str, **values: float) -> None:
    """Raise unless each value is a finite number above zero."""
    for name, value in values.items():
        if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
            raise ArgumentError(f"{owner}: {name} must be a positive finite number, got {value!r}")


def check_not_negative(owner: str, **values: float) -> None:
    """Raise unless each value is a finite number, zero or above."""
    for name, value in values.items():
        if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
            raise ArgumentError(f"{owner}: {name} must be a finite number >= 0, got {value!r}")
