"""Functions as a callback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from .callback import Callback
from .callback_list import HOOKS


class LambdaCallback(Callback):
    """Any hook as a keyword argument.

    >>> from afina.callbacks import LambdaCallback
    >>> seen = []
    >>> LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)).on_epoch_end(3, {})
    >>> seen
    [3]
    """

    def __new__(cls, **hooks: Callable[..., Any]) -> LambdaCallback:  # noqa: PYI034
        """A class of its own per object, so that only the hooks given are called."""
        unknown = [name for name in hooks if name not in HOOKS]
        if unknown:
            raise ArgumentError(f"LambdaCallback: unknown hook {unknown[0]!r}; known: {', '.join(HOOKS)}")
        methods = {name: staticmethod(function) for name, function in hooks.items()}
        return super().__new__(type(cls.__name__, (cls,), methods))

    def __init__(self, **hooks: Callable[..., Any]) -> None:
        super().__init__()
