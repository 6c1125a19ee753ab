"""Momentum that starts low and grows."""

from __future__ import annotations

from ..errors import ArgumentError
from .schedule import Schedule, check_positive


class MomentumRamp(Schedule):
    """initial + (final - initial) * min(t, steps) / steps: give it to `SGD(momentum=...)`.

    >>> from afina.schedules import MomentumRamp
    >>> [round(MomentumRamp(0.5, 0.99, steps=10)(t), 3) for t in (0, 5, 10, 50)]
    [0.5, 0.745, 0.99, 0.99]
    """

    formula = "initial + (final - initial) * min(t, steps) / steps"

    def __init__(self, initial: float, final: float, steps: int) -> None:
        check_positive("MomentumRamp", steps=steps)
        for name, value in (("initial", initial), ("final", final)):
            if not 0.0 <= value < 1.0:
                raise ArgumentError(f"MomentumRamp: {name} must lie in [0, 1), got {value}")
        self.initial = initial
        self.final = final
        self.steps = steps

    def __call__(self, step: int) -> float:
        if step >= self.steps:
            return self.final
        return float(self.initial + (self.final - self.initial) * step / self.steps)
