"""A chain of linear layers is one matrix (deck D3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import activations, layers
from ..errors import ArgumentError
from ..models import Sequential

NOTHING_IN_INFERENCE = (
    layers.Dropout,
    layers.GaussianNoise,
    layers.GaussianDropout,
    layers.ActivityRegularization,
)


def collapse_linear(model: Any) -> Sequential:
    """The Sequential with one Dense that computes what `model`, a Sequential of linear layers, computes.

    y = (((x W1 + b1) W2 + b2) ...) = x (W1 W2 ...) + (b1 W2 ... + b2 ...): without activations, depth adds
    nothing. Layers allowed: Dense and Activation with "linear", and what does nothing in inference (Dropout,
    noise). `ArgumentError` names the first other layer.

    >>> deep = Sequential([layers.Dense(8, input_shape=(3,)), layers.Dense(5), layers.Dense(2)])
    >>> flat = collapse_linear(deep)
    >>> len(flat.layers), flat.count_params()
    (1, 8)
    """
    if not isinstance(model, Sequential):
        raise ArgumentError(f"collapse_linear: model must be a Sequential, got {type(model).__name__}")
    matrix: Any = None
    shift: Any = 0.0
    for layer in model.layers:
        if isinstance(layer, NOTHING_IN_INFERENCE) or type(layer).__name__ == "InputLayer":
            continue
        linear = activations.name_of(getattr(layer, "activation", activations.linear)) == "linear"
        if isinstance(layer, layers.Activation) and linear:
            continue
        if not isinstance(layer, layers.Dense) or not linear:
            raise ArgumentError(f"collapse_linear: {layer.label} is not linear")
        if not layer.built:
            raise ArgumentError(f"collapse_linear: {layer.label} has no weights yet; call the model on data")
        kernel = layer.kernel.numpy().astype(np.float64)
        matrix = kernel if matrix is None else matrix @ kernel
        shift = shift @ kernel if np.ndim(shift) else shift
        if layer.bias is not None:
            shift = shift + layer.bias.numpy().astype(np.float64)
    if matrix is None:
        raise ArgumentError(f"collapse_linear: {model.label} has no Dense layer")
    biased = bool(np.ndim(shift))
    dense = layers.Dense(
        matrix.shape[1], use_bias=biased, input_shape=(matrix.shape[0],), dtype=model.dtype, name="collapsed"
    )
    flat = Sequential([dense], dtype=model.dtype)
    flat.set_weights([matrix, shift] if biased else [matrix])
    return flat
