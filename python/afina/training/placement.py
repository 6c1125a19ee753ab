"""Training where the model's weights are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..device import current_device, device

P = ParamSpec("P")
R = TypeVar("R")


def on_its_device(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """The model's method with batches, and all else that is made meanwhile, on the device of its weights."""

    @functools.wraps(method)
    def wrapped(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        home = self.device
        if home == current_device():
            return method(self, *args, **kwargs)
        with device(home):
            return method(self, *args, **kwargs)

    return wrapped
