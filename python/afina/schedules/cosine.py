"""Half a cosine wave down, with an optional linear warm-up before it."""

from __future__ import annotations

import math

from ..errors import ArgumentError
from .schedule import Schedule, check_not_negative, check_positive


class CosineDecay(Schedule):
    """Cosine decay (Loshchilov & Hutter 2016) after a linear warm-up.

    Without warm-up: initial * ((1 - alpha) * (1 + cos(pi * min(t, decay_steps) / decay_steps)) / 2 + alpha).
    With `warmup_target` and `warmup_steps`, the value first climbs in a line from `initial_learning_rate`
    to `warmup_target`, and the cosine starts there.

    >>> from afina.schedules import CosineDecay
    >>> [round(CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=2)(t), 3) for t in (0, 1, 2, 7, 12)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    formula = "initial * ((1 - alpha) * (1 + cos(pi * t / decay_steps)) / 2 + alpha) after the warm-up"

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        *,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        check_not_negative(
            "CosineDecay",
            initial_learning_rate=initial_learning_rate,
            alpha=alpha,
            warmup_steps=warmup_steps,
        )
        check_positive("CosineDecay", decay_steps=decay_steps)
        if (warmup_target is None) != (warmup_steps == 0):
            raise ArgumentError(
                "CosineDecay: warmup_target and warmup_steps belong together, "
                f"got warmup_target={warmup_target} and warmup_steps={warmup_steps}"
            )
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        peak = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float(peak + (self.warmup_target - peak) * step / self.warmup_steps)
            peak = self.warmup_target
            step -= self.warmup_steps
        wave = 0.5 * (1.0 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps))
        return float(peak * ((1.0 - self.alpha) * wave + self.alpha))
