"""Keras's place for the schedules: `afina.optimizers.schedules` names what lives in `afina.schedules`."""

from __future__ import annotations

from ..schedules import (
    CosineDecay as CosineDecay,
    ExponentialDecay as ExponentialDecay,
    GeometricDecay as GeometricDecay,
    InverseTimeDecay as InverseTimeDecay,
    LearningRateSchedule as LearningRateSchedule,
    MomentumRamp as MomentumRamp,
    PiecewiseConstantDecay as PiecewiseConstantDecay,
    PolynomialDecay as PolynomialDecay,
    StepDecay as StepDecay,
)
