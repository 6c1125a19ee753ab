"""A drop by a constant factor every so many updates."""

from __future__ import annotations

from .schedule import Schedule, check_positive


class StepDecay(Schedule):
    """initial * factor ** (t // every).

    >>> from afina.schedules import StepDecay
    >>> [StepDecay(1.0, factor=0.5, every=2)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    formula = "initial * factor ** (t // every)"

    def __init__(self, initial_learning_rate: float, factor: float, every: int) -> None:
        check_positive("StepDecay", initial_learning_rate=initial_learning_rate, factor=factor, every=every)
        self.initial_learning_rate = initial_learning_rate
        self.factor = factor
        self.every = every

    def __call__(self, step: int) -> float:
        return float(self.initial_learning_rate * self.factor ** (step // self.every))
