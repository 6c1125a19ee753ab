"""Looking at, or changing, what layers compute, for as long as a block lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..changes import Changes


@contextlib.contextmanager
def replaced_calls(layers: Iterable[Any], replace: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Inside, each layer's `call` is `replace(layer, call)`; afterwards it is its own again."""
    changed: list[Any] = []
    try:
        for layer in layers:
            object.__setattr__(layer, "call", replace(layer, layer.call))
            changed.append(layer)
        Changes.count += 1
        yield
    finally:
        for layer in changed:
            object.__delattr__(layer, "call")
        Changes.count += 1


@contextlib.contextmanager
def watched_outputs(layers: Iterable[Any], look: Callable[[Any, Any], None]) -> Iterator[None]:
    """Inside, `look(layer, outputs)` is called after each call of one of `layers`.

    >>> from afina import Sequential
    >>> from afina.layers import Dense
    >>> model = Sequential([Dense(3, input_shape=(2,)), Dense(1)])
    >>> with watched_outputs(model.layers, lambda layer, outputs: print(outputs.shape)):
    ...     y = model([[1.0, 2.0]])
    (1, 3)
    (1, 1)
    """

    def watched(layer: Any, call: Any) -> Any:
        def watching(*arguments: Any, **keywords: Any) -> Any:
            outputs = call(*arguments, **keywords)
            look(layer, outputs)
            return outputs

        return watching

    with replaced_calls(layers, watched):
        yield
