"""Polynomial decay between two values."""

from __future__ import annotations

import math

from .schedule import Schedule, check_not_negative, check_positive


class PolynomialDecay(Schedule):
    """(initial - end) * (1 - min(t, decay_steps) / decay_steps) ** power + end.

    `cycle=True` starts again from `initial` with `decay_steps` doubled, tripled, ... when it is passed.

    >>> from afina.schedules import PolynomialDecay
    >>> [PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.0)(t) for t in (0, 1, 4, 9)]
    [1.0, 0.75, 0.0, 0.0]
    """

    formula = "(initial - end) * (1 - min(t, decay_steps) / decay_steps) ** power + end"

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ) -> None:
        check_positive(
            "PolynomialDecay",
            initial_learning_rate=initial_learning_rate,
            decay_steps=decay_steps,
            power=power,
        )
        check_not_negative("PolynomialDecay", end_learning_rate=end_learning_rate)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle

    def __call__(self, step: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        remaining = 1.0 - min(step, steps) / steps
        difference = self.initial_learning_rate - self.end_learning_rate
        return float(difference * remaining**self.power + self.end_learning_rate)
