"""The health of layers on a batch: scale of the activations, dead and saturated units, size of the
gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import activations, layers as layers_module, random
from .._C import Tensor, gradients
from ..callbacks.terminate_on_nan import leaves
from ..errors import ArgumentError
from ..gradient import no_grad
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..layers.watching import watched_outputs
from ..training.preserved import check_compiled, preserved

Array = npt.NDArray[Any]
BOUNDS = {"tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}
EDGE = 0.025  # of the range: a tanh above 0.95 in size has a slope below 0.1
CUT_AT_ZERO = frozenset({"relu", "relu6"})


@dataclass(frozen=True)
class LayerHealth:
    """What one layer did with one batch.

    mean, std: of its outputs. zeros: share of outputs that are exactly 0. dead: units of a ReLU layer that
    are 0 for every sample and position, so that no gradient passes them. saturated: share of the outputs of a
    sigmoid or tanh within 2.5 % of its range from an end (None for other layers). gradient, weight: norms
    over all weights of the layer (None without weights, or where no gradient was computed).
    """

    name: str
    units: int
    mean: float
    std: float
    zeros: float
    dead: int | None
    saturated: float | None
    gradient: float | None
    weight: float | None

    def as_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self)


class Observer:
    """Collects outputs and gradients of a model's innermost layers and makes `LayerHealth` of them."""

    def __init__(self, model: Any) -> None:
        inside = [layer for layer in model.flatten_layers() if layer is not model]
        self.layers = [
            layer
            for layer in inside
            if not isinstance(layer, InputLayer) and layer.flatten_layers() == [layer]
        ]
        self.outputs: dict[str, Array] = {}
        self.gradients: dict[int, float] = {}

    def look(self, layer: Layer, outputs: Any) -> None:
        """Keep a layer's outputs; of several calls the last."""
        tensors = [value for value in leaves(outputs) if isinstance(value, Tensor) and value.dtype[0] == "f"]
        if tensors:
            self.outputs[layer.name] = tensors[0].detach().numpy()

    def take_gradients(self, found: Sequence[Any], parameters: Iterable[Any]) -> None:
        """Keep the squared norms of the gradients."""
        for gradient, parameter in zip(found, parameters, strict=True):
            if gradient is not None:
                self.gradients[id(parameter)] = _squares(gradient.numpy())

    def health(self) -> list[LayerHealth]:
        """One entry for each layer that was called, in the order of the model."""
        return [self._of(layer) for layer in self.layers if layer.name in self.outputs]

    def _of(self, layer: Layer) -> LayerHealth:
        a = self.outputs[layer.name]
        columns = by_unit(layer, a)
        name = activation_name(layer)
        known = [self.gradients[id(w)] for w in layer.weights if id(w) in self.gradients]
        trained = [w for w in layer.weights if w.trainable]
        return LayerHealth(
            name=layer.name,
            units=columns.shape[1],
            mean=float(a.mean(dtype=np.float64)) if a.size else math.nan,
            std=float(a.std(dtype=np.float64)) if a.size else math.nan,
            zeros=float((a == 0).mean()) if a.size else math.nan,
            dead=int((~(columns != 0).any(axis=0)).sum()) if name in CUT_AT_ZERO else None,
            saturated=saturated_share(a, name) if name in BOUNDS else None,
            gradient=math.sqrt(sum(known)) if known else None,
            weight=math.sqrt(sum(_squares(w.numpy()) for w in trained)) if trained else None,
        )


def layer_health(model: Any, x: Any, y: Any = None) -> list[LayerHealth]:
    """The health of every layer on the batch x; with labels y (and a compiled model) the gradients, too.

    With y the batch is computed as in training, without an update; the model is left as it was.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(4, "relu", input_shape=(2,)), layers.Dense(1)])
    >>> [health.name for health in layer_health(model, np.ones((8, 2), "float32"))] == [
    ...     layer.name for layer in model.layers]
    True
    """
    if not isinstance(model, Layer):
        raise ArgumentError(f"layer_health: model must be a model, got {type(model).__name__}")
    if y is None:
        with no_grad():
            model(x, training=False)  # built, so that its layers are known
        observer = Observer(model)
        state = random.get_state()
        with no_grad(), watched_outputs(observer.layers, observer.look):
            model(x, training=False)
        random.set_state(state)
        return observer.health()
    check_compiled(model, "layer_health")
    with preserved(model, "layer_health", x, y):
        observer = Observer(model)
        step, batch = model._step, model._one_batch(x, y, None, None)  # type: ignore[attr-defined]
        step.check_labels(batch)
        trainable = step.compiled.trainable
        model._ready(step.compiled)  # type: ignore[attr-defined]
        with watched_outputs(observer.layers, observer.look):
            outputs = model(batch.inputs, training=True)
        observer.take_gradients(gradients(step.computation.losses(batch, outputs)[0], trainable), trainable)
        return observer.health()


def dead_units(model: Any, x: Any) -> dict[str, list[int]]:
    """The units of each ReLU layer that are 0 for every sample of x: their derivative is 0 everywhere.

    Layers whose slope is never 0 (leaky ReLU, PReLU, ELU, ...) are not in the dict.

    >>> from afina import Sequential, layers
    >>> layer = layers.Dense(2, "relu", input_shape=(1,), name="hidden")
    >>> layer.build((None, 1)); layer.set_weights([[[1.0, 1.0]], [0.0, -9.0]])
    >>> dead_units(Sequential([layer]), [[0.5], [1.0]])
    {'hidden': [1]}
    """
    if not isinstance(model, Layer):
        raise ArgumentError(f"dead_units: model must be a model, got {type(model).__name__}")
    with no_grad():
        model(x, training=False)
    observer = Observer(model)
    with no_grad(), watched_outputs(observer.layers, observer.look):
        model(x, training=False)
    return {
        layer.name: np.flatnonzero(~(by_unit(layer, observer.outputs[layer.name]) != 0).any(axis=0)).tolist()
        for layer in observer.layers
        if layer.name in observer.outputs and activation_name(layer) in CUT_AT_ZERO
    }


def gradient_ratio(health: Sequence[LayerHealth]) -> float:
    """The first layer's gradient norm over the last's: far below 1 it vanishes on its way back, far above 1
    it explodes.
    """
    norms = [one.gradient for one in health if one.gradient is not None]
    if len(norms) < 2:
        raise ArgumentError(
            f"gradient_ratio: needs two layers with gradients, got {len(norms)}; give labels to layer_health"
        )
    return norms[0] / norms[-1] if norms[-1] else math.inf


def activation_name(layer: Layer) -> str | None:
    """The activation a layer ends with: its name, "relu" for a ReLU layer without a slope below."""
    if isinstance(layer, layers_module.ReLU):
        return "relu" if layer.negative_slope == 0.0 else "leaky_relu"
    function = getattr(layer, "activation", None)
    if isinstance(function, layers_module.ReLU):
        return activation_name(function)
    return activations.name_of(function) if callable(function) else None


def by_unit(layer: Layer, a: Array) -> Array:
    """The outputs as (samples and positions, units)."""
    first = getattr(layer, "data_format", None) == "channels_first" and a.ndim > 2
    columns = np.moveaxis(a, 1, -1) if first else a
    return columns.reshape(-1, columns.shape[-1]) if columns.ndim > 1 else columns.reshape(-1, 1)


def saturated_share(a: Array, name: str) -> float:
    """The share of outputs within `EDGE` of the range from an end."""
    low, high = BOUNDS[name]
    margin = EDGE * (high - low)
    return float(((a < low + margin) | (a > high - margin)).mean())


def _squares(a: Array) -> float:
    return float(np.square(a, dtype=np.float64).sum())
