"""A network as one object: a graph of layers, or a subclass with its own `call`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import regularizers
from .._C import Tensor
from ..errors import ArgumentError, DTypeError, NotBuiltError
from ..layers.layer import Layer
from ..layers.masks import with_mask
from ..layers.nested import map_nested
from ..layers.symbolic import SymbolicTensor, shapes_to_symbolic
from ..layers.weights import structure
from ..masked import mask_of
from ..parameter import Parameter
from ..registry import CustomObjects, deserialize, register, serialize
from ..tensor import tensor
from ..training.trainer import Trainer
from .graph import Graph
from .graph_config import graph_from_config, graph_to_config
from .saving import Saving
from .summary import summary_text

if TYPE_CHECKING:
    from typing_extensions import Self

# what a regularizer of the whole model leaves out unless it has include_bias=True
_NOT_WEIGHTS = frozenset({"bias", "beta", "gamma", "alpha"})


@register
class Model(Trainer, Saving, Layer):
    """`Model(inputs, outputs)` from symbolic tensors, or a subclass that writes `call(inputs)`.

    `inputs` and `outputs` may be lists or dicts. A layer that is used twice is counted once; a model may be
    called like a layer. `regularizer` penalizes every trainable kernel of the model (with include_bias=True
    every trainable weight), beside the layers' own regularizers.

    >>> from afina.layers import Dense, Input
    >>> x = Input(shape=(64,))
    >>> Model(x, Dense(10)(Dense(32, activation="relu")(x))).count_params()
    2410
    """

    takes_custom_objects: ClassVar[bool] = True
    _composite: ClassVar[bool] = True

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        inputs, outputs = kwargs.pop("input", inputs), kwargs.pop("output", outputs)  # the old spelling
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.stop_training = False
        self.regularizer = regularizers.get(regularizer)
        self._graph: Graph | None = None
        if (inputs is None) != (outputs is None):
            raise ArgumentError(f"{self.label}: give both inputs and outputs, or neither in a subclass")
        if inputs is not None:
            self._set_graph(Graph(self.label, inputs, outputs))
        if not trainable:
            self.trainable = False

    def _set_graph(self, graph: Graph | None) -> None:
        self._graph = graph
        self.built = graph is not None
        structure[0] += 1

    # --- the parts ---

    def _children(self) -> Iterator[Layer]:
        if self._graph is not None:
            yield from self._graph.layers
        for child in super()._children():
            if isinstance(child, Layer):
                yield child

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside, in order of use, each once."""
        return list({id(layer): layer for layer in self._children()}.values())

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place in `layers`."""
        if (name is None) == (index is None):
            raise ArgumentError(f"{self.label}: get_layer takes a name or an index, one of them")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(f"{self.label}: index must be below {len(layers)}, got {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ArgumentError(f"{self.label}: no layer {name!r}; there are {[layer.name for layer in layers]}")

    def _the_graph(self) -> Graph:
        if self._graph is None:
            raise NotBuiltError(
                f"{self.label} has no symbolic inputs and outputs: build it from Input, or give the first "
                "layer of a Sequential an input_shape"
            )
        return self._graph

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs, as a list."""
        return self._the_graph().input_list

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs, as a list."""
        return self._the_graph().output_list

    @property
    def input(self) -> Any:
        """The symbolic inputs in the structure they were given in."""
        return self._the_graph().inputs

    @property
    def output(self) -> Any:
        """The symbolic outputs in the structure they were given in."""
        return self._the_graph().outputs

    @property
    def input_names(self) -> list[str]:
        """Names of the Input layers; empty for a subclass with its own call."""
        return [] if self._graph is None else self._graph.input_names

    @property
    def output_names(self) -> list[str]:
        """Names of the layers that make the outputs; empty for a subclass with its own call."""
        return [] if self._graph is None else self._graph.output_names

    # --- calling ---

    def build(self, input_shape: Any = None) -> None:
        """Give every layer its weights by running `call` on ones of `input_shape` (None: any batch)."""
        if self._graph is None and input_shape is not None:
            self.inferred_spec(shapes_to_symbolic(input_shape, self.dtype))

    def _build(self, shapes: Any, **_further: Any) -> None:  # noqa: ARG002  shapes are met in call
        self.built = True  # a subclass's layers build themselves when its call reaches them

    def _check(self, inputs: Any) -> None:
        if self._graph is not None:
            self._graph.check(inputs)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The outputs for `inputs`; a subclass writes its own."""
        if self._graph is None:
            raise NotBuiltError(f"{self.label}: write call(self, inputs), or give inputs and outputs")
        return self._graph.run(inputs, training)

    def to(self, device: str) -> Self:
        """Move the weights, and what the optimizer remembers about them, to "cpu" or "cuda"."""
        super().to(device)
        if self._compiled is not None:
            for tensors in self._compiled.optimizer.slots.values():
                for remembered in tensors:
                    remembered.to_(device)
        return self

    def _convert(self, inputs: Any) -> Any:
        if self._graph is None:
            return super()._convert(inputs)
        wanted = self._graph.input_list
        if len(wanted) == 1 and not isinstance(inputs, dict):
            single = isinstance(inputs, list | tuple) and len(inputs) == 1 and hasattr(inputs[0], "shape")
            return _as_dtype(inputs[0] if single else inputs, wanted[0].dtype, self.device)
        ordered = self._graph.ordered(inputs)
        return [_as_dtype(value, t.dtype, self.device) for value, t in zip(ordered, wanted, strict=True)]

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs for symbolic inputs."""
        if self._graph is None or type(self).call is not Model.call:
            return self.inferred_spec(inputs, *args, **kwargs)
        return self._graph.apply(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for inputs of `input_shape`."""
        outputs = self.compute_output_spec(shapes_to_symbolic(input_shape, self.dtype))
        return map_nested(lambda t: t.shape, outputs)

    @property
    def input_shape(self) -> Any:
        """Shapes of `input`."""
        return map_nested(lambda t: t.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """Shapes of `output`."""
        return map_nested(lambda t: t.shape, self.output)

    def reset_state(self) -> None:
        """Let every stateful recurrent layer inside start from zeros again."""
        for layer in self.flatten_layers():
            if getattr(layer, "stateful", False):
                layer.reset_state()

    reset_states = reset_state

    # --- losses ---

    def regularized_weights(self) -> list[Parameter]:
        """The trainable weights that the model's own `regularizer` penalizes."""
        if self.regularizer is None:
            return []
        every = getattr(self.regularizer, "include_bias", False)
        return [w for w in self.trainable_weights if every or w.name not in _NOT_WEIGHTS]

    @property
    def losses(self) -> list[Tensor]:
        """Scalar penalties: of the layers' regularizers, of the model's, from add_loss in the last call."""
        found = super().losses
        if self.regularizer is not None:
            found += [self.regularizer(w) for w in self.regularized_weights()]
        return found

    def count_params(self) -> int:
        """Number of weights' elements; NotBuiltError before the model has seen an input shape."""
        if not self.built and self._graph is None:
            raise NotBuiltError(
                f"{self.label}: count_params needs a built model; call it on data or build(shape)"
            )
        return super().count_params()

    # --- looking at it ---

    def summary(
        self, line_length: int | None = None, print_fn: Any = None, expand_nested: bool = False
    ) -> None:
        """Print layers, output shapes, numbers of parameters and what is trainable, with totals."""
        (print_fn or print)(summary_text(self, line_length=line_length, expand_nested=expand_nested))

    # --- configuration ---

    def get_config(self) -> dict[str, Any]:
        """Layers, their calls and their settings; a subclass with its own arguments returns those."""
        if self._graph is None or type(self).__init__ is not Model.__init__:
            return self._with_regularizer(super().get_config())
        config = graph_to_config(self._graph)
        return self._with_regularizer(
            {"name": self.name, "dtype": self.dtype_policy.name, "trainable": self._trainable, **config}
        )

    def _with_regularizer(self, config: dict[str, Any]) -> dict[str, Any]:
        if self.regularizer is not None:
            config["regularizer"] = serialize(self.regularizer)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: CustomObjects | None = None) -> Any:
        """A model from `get_config`'s data; its weights are new."""
        if "layers" not in config:
            return cls(**{key: deserialize(value, custom_objects) for key, value in config.items()})
        inputs, outputs = graph_from_config(config, custom_objects)
        regularizer = deserialize(config.get("regularizer"), custom_objects)
        model = cls(
            inputs, outputs, name=config.get("name"), dtype=config.get("dtype"), regularizer=regularizer
        )
        model._trainable = config.get("trainable", True)
        return model


def _as_dtype(value: Any, dtype: str, device: str) -> Tensor:
    """An array, tensor or nested list of numbers as a tensor of the Input's dtype."""
    if isinstance(value, Tensor):
        return value if value.dtype == dtype else with_mask(value.astype(dtype), mask_of(value))
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"model: inputs must be numbers, got an array of {array.dtype}")
    return tensor(array, dtype, device=device)


Functional = Model
