"""Exponential decay, and the decay applied at each update."""

from __future__ import annotations

from ..errors import ArgumentError
from .schedule import Schedule, check_positive


class ExponentialDecay(Schedule):
    """initial * decay_rate ** (t / decay_steps); with `staircase=True` the quotient is rounded down.

    >>> from afina.schedules import ExponentialDecay
    >>> ExponentialDecay(1.0, decay_steps=2, decay_rate=0.25)(1)
    0.5
    """

    formula = "initial * decay_rate ** (t / decay_steps)"

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        check_positive(
            "ExponentialDecay",
            initial_learning_rate=initial_learning_rate,
            decay_steps=decay_steps,
            decay_rate=decay_rate,
        )
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase

    def __call__(self, step: int) -> float:
        exponent = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate**exponent)


class GeometricDecay(Schedule):
    """initial * (1 - decay) ** t: at each update the value shrinks by the fraction `decay`.

    This is "lr <- lr * (1 - decay) at each weight update" in closed form; compare `InverseTimeDecay`,
    which is what `decay=` meant in Keras.

    >>> from afina.schedules import GeometricDecay
    >>> GeometricDecay(1.0, decay=0.5)(3)
    0.125
    """

    formula = "initial * (1 - decay) ** t"

    def __init__(self, initial_learning_rate: float, decay: float) -> None:
        check_positive("GeometricDecay", initial_learning_rate=initial_learning_rate)
        if not 0.0 <= decay < 1.0:
            raise ArgumentError(f"GeometricDecay: decay must lie in [0, 1), got {decay}")
        self.initial_learning_rate = initial_learning_rate
        self.decay = decay

    def __call__(self, step: int) -> float:
        return float(self.initial_learning_rate * (1.0 - self.decay) ** step)
