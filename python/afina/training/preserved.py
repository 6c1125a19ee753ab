"""Trying something with a model that must be as before afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .. import random
from ..errors import NotBuiltError


@contextlib.contextmanager
def preserved(model: Any, what: str, x: Any, y: Any = None) -> Iterator[None]:
    """Inside, `model` may be trained; afterwards weights, optimizer and random generator are as they were.

    x, y: a batch that shows an unbuilt model its shapes. `what`: who asks, for the refusal of a model that is
    not compiled.
    """
    compiled = model._get_compiled(what)
    if compiled.outputs is None or compiled.trainable is None:
        model._step.prepare(model._one_batch(x, y, None, None))
    optimizer = compiled.optimizer
    weights = [(weight, weight.copy()) for weight in model.variables]
    slots = [(slot, slot.copy()) for tensors in optimizer.slots.values() for slot in tensors]
    state, generator = optimizer.get_state(), random.get_state()
    sums = model._step.get_state()
    kept = {name: model.__dict__[name] for name in ("history", "stop_training") if name in model.__dict__}
    try:
        yield
    finally:
        for tensor, before in [*weights, *slots]:
            tensor.copy_(before)
        optimizer.set_state(state)
        random.set_state(generator)
        model._step.set_state(sums)
        for name in ("history", "stop_training"):
            model.__dict__.pop(name, None)
        model.__dict__.update(kept)


def check_compiled(model: Any, what: str) -> None:
    """Raise `NotBuiltError` unless `model` is a compiled model."""
    if not hasattr(model, "_get_compiled"):
        raise NotBuiltError(f"{what}: model must be a compiled model, got {type(model).__name__}")
    model._get_compiled(what)
