"""Schedules: closed forms that give the learning rate or the momentum of each update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from ..registry import register
from .cosine import CosineDecay as CosineDecay
from .exponential import ExponentialDecay as ExponentialDecay, GeometricDecay as GeometricDecay
from .inverse_time import InverseTimeDecay as InverseTimeDecay
from .momentum_ramp import MomentumRamp as MomentumRamp
from .piecewise_constant import PiecewiseConstantDecay as PiecewiseConstantDecay
from .polynomial import PolynomialDecay as PolynomialDecay
from .schedule import FunctionSchedule as FunctionSchedule, Schedule as Schedule
from .step_decay import StepDecay as StepDecay

LearningRateSchedule = Schedule  # Keras's name

_CLASSES: dict[str, type[Schedule]] = {
    kind.__name__: kind
    for kind in (
        CosineDecay,
        ExponentialDecay,
        GeometricDecay,
        InverseTimeDecay,
        MomentumRamp,
        PiecewiseConstantDecay,
        PolynomialDecay,
        StepDecay,
    )
}


def get(identifier: float | Schedule | Callable[[int], float] | dict[str, Any]) -> float | Schedule:
    """A number stays a number; a callable, or a `serialize`d description, becomes a `Schedule`."""
    if isinstance(identifier, Schedule):
        return identifier
    if isinstance(identifier, dict):
        name = identifier.get("class_name")
        if name not in _CLASSES:
            raise ArgumentError(f"schedules.get: unknown schedule {name!r}; known: {', '.join(_CLASSES)}")
        return _CLASSES[name](**identifier["config"])
    if callable(identifier):
        return FunctionSchedule(identifier)
    return float(identifier)


def serialize(schedule: float | Schedule) -> float | dict[str, Any]:
    """What `get` turns back into an equal schedule; raises for a function given by the caller."""
    if not isinstance(schedule, Schedule):
        return float(schedule)
    if type(schedule).__name__ not in _CLASSES:
        raise ArgumentError(
            f"schedules.serialize: {type(schedule).__name__} is not one of {', '.join(_CLASSES)}"
        )
    return {"class_name": type(schedule).__name__, "config": schedule.get_config()}


for _kind in _CLASSES.values():  # a saved model may name each of them
    register(_kind)
