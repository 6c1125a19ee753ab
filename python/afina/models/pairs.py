"""Two layers of a network that run as one: a normalization and the activation that alone reads it."""

from __future__ import annotations

from typing import Any

from .. import activations
from .._C import Tensor
from ..errors import AfinaError
from ..layers.activation import Activation, ReLU
from ..layers.layer import Layer
from ..layers.normalization import BatchNormalization


class NormalizedActivation:
    """`second(first(x))` with the activation taken in the pass that normalizes.

    The numbers are the same but for the last bit of the sums in the gradient.

    As long as a layer has no weights, and while somebody watches what it computes, the two run apart.
    """

    def __init__(self, first: BatchNormalization, second: Layer, activation: str) -> None:
        self.first, self.second, self.activation = first, second, activation

    def __call__(self, x: Any, training: bool) -> Any:
        first, second = self.first, self.second
        plain = first.built and second.built and type(x) is Tensor
        if plain and "call" not in first.__dict__ and "call" not in second.__dict__:
            try:
                if first._fast:
                    return first.call(x, training, self.activation)
                return first(x, activation=self.activation, training=training)
            except AfinaError:
                pass  # apart, the layers say which of them it was
        return second(first(x, training=training), training=training)


def passing_activation(layer: Layer) -> str | None:
    """The name of the activation that `layer` is, if a normalization can take it along."""
    if layer.activity_regularizer is not None:
        return None
    if type(layer) is Activation:
        names: dict[Any, str] = {activations.relu: "relu", activations.relu6: "relu6"}
        return names.get(layer.activation)
    if type(layer) is ReLU and layer.negative_slope == 0 and layer.threshold == 0:
        return {None: "relu", 6.0: "relu6"}.get(layer.max_value)
    return None


def pair_of(first: Layer, second: Layer) -> NormalizedActivation | None:
    """The two as one, or None if they are not such layers."""
    name = passing_activation(second)
    if type(first) is not BatchNormalization or name is None or first.activity_regularizer is not None:
        return None
    return NormalizedActivation(first, second, name)
