"""A list of callbacks that calls each hook only on those that override it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from .callback import Callback

HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class CallbackList:
    """Calls hooks in order. `wants(hook)` says whether anybody listens, so that logs are made only then."""

    def __init__(self, callbacks: Iterable[Callback], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise ArgumentError(f"callbacks: expected Callback objects, got {callback!r}")
            callback.set_model(model)
            callback.set_params(params)
        self._listeners = {
            hook: [
                getattr(c, hook)
                for c in self.callbacks
                if getattr(type(c), hook) is not getattr(Callback, hook)
            ]
            for hook in HOOKS
        }

    def wants(self, hook: str) -> bool:
        """Whether any callback overrides the hook."""
        return bool(self._listeners[hook])

    def call(self, hook: str, *arguments: Any) -> None:
        """Call the hook on all that override it."""
        for listener in self._listeners[hook]:
            listener(*arguments)

    def close(self) -> None:
        """Close all, even when one fails."""
        failure: Exception | None = None
        for callback in self.callbacks:
            try:
                callback.close()
            except Exception as error:  # every callback gets its turn; the first failure is raised after
                failure = failure or error
        if failure is not None:
            raise failure
