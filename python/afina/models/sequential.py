"""A chain of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import ArgumentError
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..layers.symbolic import SymbolicTensor
from ..registry import CustomObjects, deserialize, register, serialize
from .graph import Graph
from .model import Model


@register
class Sequential(Model):
    """Layers one after the other, each with one input and one output.

    With an Input or an `input_shape` at the front the weights exist at once; without, at the first call.

    >>> from afina.layers import Dense
    >>> model = Sequential()
    >>> model.add(Dense(512, activation="relu", input_shape=(784,)))
    >>> model.add(Dense(10, activation="softmax"))
    >>> model.count_params()
    407050
    """

    def __init__(
        self,
        layers: Any = None,
        name: str | None = None,
        *,
        trainable: bool = True,
        dtype: str | None = None,
        regularizer: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype, regularizer=regularizer)
        self._chain: list[Layer] = []
        self._tensors: list[SymbolicTensor] = []  # the Input's output, then that of each layer of the chain
        self._opening: InputLayer | None = None
        for layer in layers or ():
            self.add(layer)
        if not trainable:
            self.trainable = False

    def add(self, layer: Any) -> None:
        """Append a layer, also to a model that has been trained; compile again afterwards."""
        if isinstance(layer, SymbolicTensor):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise ArgumentError(f"{self.label}: add takes a layer, got {type(layer).__name__}: {layer!r}")
        if isinstance(layer, InputLayer):
            if self._chain or self._opening is not None:
                raise ArgumentError(f"{self.label}: an Input must come first, and once; got {layer.name!r}")
            self._open(layer)
            return
        if any(known is layer or known.name == layer.name for known in self._chain):
            raise ArgumentError(f"{self.label}: it has a layer {layer.name!r} already; names must differ")
        if self._opening is None and not self._chain:
            shape = layer.batch_shape
            if shape is None and isinstance(layer, Model) and layer._graph is not None:
                shape = layer.inputs[0].shape
            if shape is not None:
                dtype = "int32" if type(layer).__name__ == "Embedding" else layer.dtype
                self._open(InputLayer(batch_shape=shape, dtype=dtype))
        tensor = layer(self._tensors[-1]) if self._tensors else None
        if isinstance(tensor, list | tuple | dict):
            raise ArgumentError(
                f"{self.label}: {layer.label} has several outputs; use Model(inputs, outputs)"
            )
        self._chain.append(layer)
        if tensor is not None:
            self._tensors.append(tensor)
        self._refresh()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove and return the last layer; compile again afterwards."""
        del rebuild  # Keras's argument; the graph is always kept true
        if not self._chain:
            raise ArgumentError(f"{self.label}: pop from a model without layers")
        layer = self._chain.pop()
        if self._tensors:
            self._tensors.pop()
        self._refresh()
        return layer

    def _open(self, layer: InputLayer) -> None:
        self._opening = layer
        self._tensors = [layer.output]

    def _refresh(self) -> None:
        symbolic = self._chain and self._tensors
        self._set_graph(Graph(self.label, self._tensors[0], self._tensors[-1]) if symbolic else None)

    def build(self, input_shape: Any = None) -> None:
        """Create the weights for inputs of `input_shape`, the batch included: (None, 784)."""
        if self._graph is not None or input_shape is None:
            return
        self._open(InputLayer(batch_shape=tuple(input_shape), dtype=self.dtype))
        for layer in self._chain:
            self._tensors.append(layer(self._tensors[-1]))
        self._refresh()

    def _build(self, shapes: Any, **_further: Any) -> None:
        if not isinstance(shapes, tuple):
            raise ArgumentError(f"{self.label}: takes one tensor, got {shapes}")
        if self._chain:
            self.build((None, *shapes[1:]))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Every layer in its turn."""
        return inputs if self._graph is None else self._graph.run(inputs, training)  # None: no layers yet

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Symbolic output for a symbolic input."""
        del args, kwargs
        for layer in self._chain:
            inputs = layer.compute_output_spec(inputs)
        return SymbolicTensor(inputs.shape, inputs.dtype)

    def _children(self) -> Iterator[Layer]:
        yield from self._chain

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the Input."""
        return list(self._chain)

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations in order."""
        layers = [serialize(layer) for layer in ([self._opening] if self._opening else []) + self._chain]
        config = {
            "name": self.name,
            "dtype": self.dtype_policy.name,
            "trainable": self._trainable,
            "layers": layers,
        }
        return self._with_regularizer(config)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: CustomObjects | None = None) -> Any:
        """A model from `get_config`'s data; its weights are new."""
        layers = [deserialize(entry, custom_objects) for entry in config["layers"]]
        regularizer = deserialize(config.get("regularizer"), custom_objects)
        model = cls(layers, config.get("name"), dtype=config.get("dtype"), regularizer=regularizer)
        model._trainable = config.get("trainable", True)
        return model
