"""Optimizers: each one is the paper's update as a single kernel call over the whole list of weights."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..registry import register
from . import schedules as schedules
from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam, AdamW as AdamW
from .optimizer import Optimizer as Optimizer
from .rmsprop import RMSProp as RMSProp, RMSprop as RMSprop
from .sgd import SGD as SGD

_CLASSES: dict[str, type[Optimizer]] = {
    kind.__name__.lower(): kind for kind in (SGD, RMSprop, Adam, AdamW, Adadelta, Adagrad)
}


def get(identifier: str | Optimizer | dict[str, Any]) -> Optimizer:
    """An optimizer from its name (any case), from what `serialize` returned, or the optimizer itself.

    >>> from afina import optimizers
    >>> type(optimizers.get("rmsprop")).__name__
    'RMSprop'
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        kind = _find(str(identifier.get("class_name")))
        return kind.from_config(identifier["config"])
    if isinstance(identifier, str):
        return _find(identifier)()  # type: ignore[call-arg]
    raise ArgumentError(f"optimizers.get: expected a name or an Optimizer, got {identifier!r}")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """A description in JSON's terms that `get` turns back into an equal optimizer, without its slots."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def _find(name: str) -> type[Optimizer]:
    kind = _CLASSES.get(name.lower())
    if kind is None:
        known = ", ".join(sorted(known.__name__ for known in _CLASSES.values()))
        raise ArgumentError(f"optimizers.get: unknown optimizer {name!r}; known: {known}")
    return kind


for _kind in _CLASSES.values():  # a saved model may name each of them
    register(_kind)
