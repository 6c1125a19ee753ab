"""Which layers of a network are trained: the last ones, mostly (K1, K4)."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..layers import InputLayer
from ..refusal import shown


def freeze(model: Any, n: int | None = None, *, until: str | None = None) -> int:
    """Freeze the first `n` layers of `model`, or those up to and including the layer named `until`.

    A negative `n` leaves the last -n layers as they are; without `n` and `until` every layer is frozen. The
    Input does not count. A frozen layer receives no updates, and a frozen BatchNormalization uses its moving
    statistics and leaves them alone. Compile again afterwards. Returns how many layers were frozen.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2)])
    >>> freeze(model, 1), len(model.trainable_weights)
    (1, 2)
    """
    return _set(model, "freeze", slice(None, _position(model, "freeze", n, until, after=True)), value=False)


def unfreeze(model: Any, n: int | None = None, *, start: str | None = None) -> int:
    """Let the last `n` layers of `model` be trained, or those from the layer named `start` on.

    Without `n` and `start` every layer. Compile again afterwards. Returns how many layers it were.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2)], trainable=False)
    >>> unfreeze(model, 1), len(model.trainable_weights)
    (1, 2)
    """
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 0):
        raise ArgumentError(f"unfreeze: n must be an int of at least 0, got {shown(n)}")
    count = len(inner_layers(model))
    first = None if n is None else max(0, count - n)
    return _set(
        model, "unfreeze", slice(_position(model, "unfreeze", first, start, after=False), None), value=True
    )


def inner_layers(model: Any) -> list[Any]:
    """The layers of a model in order, without its Inputs."""
    return [layer for layer in model.layers if not isinstance(layer, InputLayer)]


def _position(model: Any, who: str, n: Any, name: str | None, *, after: bool) -> int | None:
    if n is not None and name is not None:
        raise ArgumentError(f"{who}: give a number of layers or the name of one, not both")
    if name is not None:
        names = [layer.name for layer in inner_layers(model)]
        if name not in names:
            raise ArgumentError(f"{who}: {model.label} has no layer {name!r}; it has {shown(names)}")
        return names.index(name) + after
    if n is not None and (isinstance(n, bool) or not isinstance(n, int)):
        raise ArgumentError(f"{who}: n must be an int, got {shown(n)}")
    return n


def _set(model: Any, who: str, part: slice, *, value: bool) -> int:
    if not hasattr(model, "layers"):
        raise ArgumentError(f"{who}: model must be a model, got {type(model).__name__}")
    model._trainable = True  # the layers decide
    chosen = inner_layers(model)[part]
    for layer in chosen:
        layer.trainable = value
    return len(chosen)
