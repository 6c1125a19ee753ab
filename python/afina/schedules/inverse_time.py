"""Hyperbolic decay, the meaning `decay=` had in Keras."""

from __future__ import annotations

import math

from .schedule import Schedule, check_not_negative, check_positive


class InverseTimeDecay(Schedule):
    """initial / (1 + decay_rate * t / decay_steps); with `staircase=True` the quotient is rounded down.

    >>> from afina.schedules import InverseTimeDecay
    >>> InverseTimeDecay(1.0, decay_steps=1, decay_rate=1.0)(3)
    0.25
    """

    formula = "initial / (1 + decay_rate * t / decay_steps)"

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        check_positive(
            "InverseTimeDecay", initial_learning_rate=initial_learning_rate, decay_steps=decay_steps
        )
        check_not_negative("InverseTimeDecay", decay_rate=decay_rate)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase

    def __call__(self, step: int) -> float:
        quotient = step / self.decay_steps
        if self.staircase:
            quotient = math.floor(quotient)
        return float(self.initial_learning_rate / (1.0 + self.decay_rate * quotient))
