"""The base of every layer: parameters, one expression, and the bookkeeping around them."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .. import regularizers
from .._C import MatmulPrecision, Tensor
from ..errors import AfinaError, ArgumentError, NotBuiltError
from ..mixed_precision import DTypePolicy, policy_of
from ..parameter import Parameter
from .added_losses import LossOwner
from .configuration import config_of, constructor_arguments, opening_shape
from .conversion import FLOATS, array_to_tensor, cast, to_tensors
from .input_spec import InputSpec
from .masks import masks_of, with_mask
from .naming import checked_name, unique_name
from .nested import map_nested
from .shape_inference import infer_outputs
from .symbolic import Node, SymbolicTensor, has_symbolic, shapes_to_symbolic

if TYPE_CHECKING:
    from typing_extensions import Self

L = TypeVar("L", bound="Layer")


class _CallState(threading.local):
    """What the layers that contain the present call were told."""

    training: bool = False
    depth: int = 0


_state = _CallState()


class Layer(LossOwner):
    """A function with weights. Subclasses write `build(input_shape)` (optional) and `call(inputs)`.

    Arguments of every layer: `name`, `dtype` ("float32", "float64" or "mixed_bfloat16"; see
    `afina.mixed_precision`), `trainable` (True), `activity_regularizer`, and for
    a layer that opens a Sequential `input_shape`, `batch_input_shape` or `input_dim`.

    `call` may take `training`; the flag comes from the caller (`layer(x, training=True)`) or from the model
    around it, and is False otherwise. It may take `mask`, the inputs' mask (see MaskedTensor), and
    `key_mask`, that of an argument `key`; the caller may give others. A layer with `supports_masking = True`
    passes `compute_mask(inputs, mask)` on with its outputs. `build` may ask for the shapes of further
    arguments by name: `build(query_shape, value_shape)` for `call(query, value)`.

    >>> import numpy as np
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(np.ones((2, 3), "float32")).shape
    (2, 3)
    """

    takes_custom_objects: ClassVar[bool] = False
    _takes_training: ClassVar[bool] = False
    _shapes_wanted: ClassVar[tuple[str, ...]] = ()  # build's parameters after the first: "value_shape", ...
    _masks_wanted: ClassVar[tuple[str, ...]] = ()  # call's parameters "mask" and "..._mask"
    _makes_mask: bool = False  # compute_mask is its own: it may find one where the inputs have none
    _same_shape: ClassVar[bool] = False  # the output has the shape and dtype of the input
    _one_tensor: ClassVar[bool] = False  # anything but one tensor is refused by name
    _composite: ClassVar[bool] = False  # always takes the long way through __call__

    input_spec: InputSpec | None = None
    supports_masking: bool = False  # the outputs have the mask that compute_mask gives

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__:
            parameters = inspect.signature(cls.call).parameters
            cls._takes_training = "training" in parameters
            cls._masks_wanted = tuple(
                [name for name in parameters if name == "mask" or name.endswith("_mask")]
            )
        if "compute_mask" in cls.__dict__:
            cls._makes_mask = True
        if "build" in cls.__dict__:
            cls._shapes_wanted = tuple(inspect.signature(cls.build).parameters)[2:]
            cls.build = _marks_built(cls.build)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: str | DTypePolicy | None = None,
        trainable: bool = True,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        self.name = unique_name(type(self).__name__) if name is None else checked_name(name)
        self.dtype_policy = policy_of(self.label, dtype)
        self.dtype = self.dtype_policy.variable_dtype
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.batch_shape = opening_shape(self, kwargs)  # given by input_shape=, for the start of a Sequential
        self._trainable = trainable
        self._fast = False  # built, one tensor in, nothing to collect: __call__ may go straight to call
        self._own_weights: list[Parameter] = []
        self._losses: list[Tensor] = []
        self._collects_losses = self.activity_regularizer is not None
        self._inbound_nodes: list[Node] = []
        self._build_shape: Any = None
        if kwargs:
            allowed = [*constructor_arguments(type(self)), "name", "dtype", "trainable", "input_shape"]
            raise ArgumentError(f"{self.label}: unknown argument {next(iter(kwargs))!r}; allowed: {allowed}")

    @property
    def compute_dtype(self) -> str:
        """What the factors of the layer's products are rounded to: `dtype`, or that of a mixed policy."""
        return self.dtype_policy.compute_dtype

    @property
    def formula(self) -> str:
        """What the layer computes, for `model.describe_training()`; empty when the class name says it all."""
        return ""

    # --- what subclasses write ---

    def build(self, input_shape: Any) -> None:
        """Create the weights; `input_shape` has None where a size is not known (the batch)."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The layer's expression."""
        raise NotImplementedError(f"{self.label}: write call(self, inputs)")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for `input_shape`; the default runs `call` on ones and looks."""
        given = shapes_to_symbolic(input_shape, self._input_dtype())
        return map_nested(lambda t: t.shape, infer_outputs(self, given, (), {}))

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs for symbolic inputs."""
        if self._same_shape and isinstance(inputs, SymbolicTensor):
            return SymbolicTensor(inputs.shape, inputs.dtype)
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return self.inferred_spec(inputs, *args, **kwargs)
        shape = self.compute_output_shape(map_nested(lambda t: t.shape, inputs))
        return shapes_to_symbolic(shape, self.dtype)

    def inferred_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs found by running `call` on ones."""
        return infer_outputs(self, inputs, args, kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002  subclasses read the inputs
        """The mask of the outputs for inputs with `mask`; the default hands the mask on."""
        return mask

    def _input_dtype(self) -> str:
        return self.dtype

    # --- calling ---

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        if self._fast and type(inputs) is Tensor and not args and not kwargs:  # decided by earlier calls
            try:
                if self._takes_training:
                    return self.call(inputs, training=_state.training if training is None else training)
                return self.call(inputs)
            except AfinaError as error:
                return self._retry(error, inputs, training)
        plain = type(inputs) is Tensor and not args and not kwargs
        if not plain and has_symbolic(inputs, args, kwargs):
            return self._call_symbolic(inputs, args, kwargs, training)
        if args or kwargs:
            args, kwargs = map_nested(functools.partial(array_to_tensor, self), [args, kwargs])
        return self._call_in_full(self._convert(inputs), args, kwargs, training)

    def _call_in_full(self, inputs: Any, args: Any, kwargs: dict[str, Any], training: bool | None) -> Any:
        """Build, check, call, collect: the long way, for first calls and for layers that contain layers."""
        if self._one_tensor and not isinstance(inputs, Tensor):
            self._refuse(inputs)
        if not self.built:
            self._build(map_nested(_shape_of, inputs), **self._further_shapes(inputs, args, kwargs))
        self._check(inputs)
        masks = masks_of(inputs)
        if self._own_weights:
            inputs = map_nested(functools.partial(cast, self), inputs)
            if args or kwargs:
                args, kwargs = map_nested(functools.partial(cast, self), [args, kwargs])
        if self._masks_wanted:
            kwargs = {**kwargs, **self._masks_given(masks, inputs, args, kwargs)}
        outer = _state.training
        flag = outer if training is None else bool(training)
        if self._takes_training:
            kwargs = {**kwargs, "training": flag}
        if _state.depth == 0:
            for layer in self._loss_makers():
                layer.discard_losses()
        rounds = self.dtype_policy.rounds and any(weight.ndim > 1 for weight in self._own_weights)
        _state.training, _state.depth = flag, _state.depth + 1
        try:
            outputs = (self._call_rounded if rounds else self.call)(inputs, *args, **kwargs)
            if self.activity_regularizer is not None:
                self._regularize(outputs)
        except AfinaError as error:
            if error.layer is not None:  # as its own cause it would keep its frames' tensors in a circle
                raise
            raise self.explained(error, inputs) from error
        finally:
            _state.training, _state.depth = outer, _state.depth - 1
        simple = type(inputs) is Tensor and not self._composite and not self._collects_losses
        self._fast = (
            simple and not rounds and not self._makes_mask and next(iter(self._children()), None) is None
        )
        return outputs if masks is None and not self._makes_mask else self._masked(inputs, masks, outputs)

    def _call_rounded(self, *args: Any, **kwargs: Any) -> Any:
        with MatmulPrecision("medium"):
            return self.call(*args, **kwargs)

    def _masked(self, inputs: Any, masks: Any, outputs: Any) -> Any:
        """The outputs with their mask; a layer that neither passes masks on nor reads them says so."""
        if self._composite:
            return outputs  # the layers inside have done it
        if self.supports_masking:
            return with_mask(outputs, self.compute_mask(inputs, masks))
        if masks is not None and not self._masks_wanted and masks_of(outputs) is None:
            warnings.warn(
                f"{self.label}: the mask of the inputs ends here: the layer has supports_masking = False, so "
                "what follows counts every step",
                stacklevel=4,
            )
        return outputs

    def _call_symbolic(self, inputs: Any, args: Any, kwargs: dict[str, Any], training: bool | None) -> Any:
        """Record the call: outputs are symbolic and remember this layer."""
        if self._one_tensor and not isinstance(inputs, SymbolicTensor):
            self._refuse(inputs)
        if not self.built:
            self._build(map_nested(_shape_of, inputs), **self._further_shapes(inputs, args, kwargs))
        self._check(inputs)
        outputs = self.compute_output_spec(inputs, *args, **kwargs)
        if training is not None:
            kwargs = {**kwargs, "training": training}
        self._inbound_nodes.append(Node(self, inputs, args, kwargs, outputs))
        return outputs

    def _build(self, shapes: Any, **further: Any) -> None:
        if self.input_spec is not None and isinstance(shapes, tuple):
            self.input_spec.check(self.label, shapes)
        self.build(shapes, **further)
        self.built = True

    def _further_shapes(self, inputs: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The shapes, besides the inputs', that `build` asks for."""
        if not self._shapes_wanted:
            return {}
        given = inspect.signature(self.call).bind(inputs, *args, **kwargs).arguments
        names = {wanted: wanted.removesuffix("_shape") for wanted in self._shapes_wanted}
        return {wanted: map_nested(_shape_of, given.get(name)) for wanted, name in names.items()}

    def _masks_given(self, masks: Any, inputs: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The masks that `call` asks for by name and the caller has left to the tensors."""
        if masks is None and masks_of([args, kwargs]) is None:
            return {}
        given = inspect.signature(self.call).bind(inputs, *args, **kwargs).arguments
        of = {name: given.get(name.removesuffix("_mask")) for name in self._masks_wanted if name != "mask"}
        found = {name: masks_of(value) for name, value in of.items()} | {"mask": masks}
        wanted = [name for name in self._masks_wanted if given.get(name) is None and found[name] is not None]
        return {name: found[name] for name in wanted}

    def _check(self, inputs: Any) -> None:
        if self.input_spec is not None and hasattr(inputs, "shape"):
            self.input_spec.check(self.label, inputs.shape)

    def _convert(self, inputs: Any) -> Any:
        """Arrays and numbers become tensors; floating arrays take the layer's dtype."""
        return to_tensors(self, inputs)

    def _refuse(self, inputs: Any) -> None:
        count = f" of {len(inputs)}" if isinstance(inputs, list | tuple | dict) else ""
        raise ArgumentError(f"{self.label}: inputs must be one tensor, got {type(inputs).__name__}{count}")

    def _retry(self, error: AfinaError, inputs: Tensor, training: bool | None) -> Any:
        """A fast call failed: convert a foreign float type and try once more, or say what did not fit."""
        if self._own_weights and inputs.dtype in FLOATS and inputs.dtype != self.dtype:
            return self._call_in_full(inputs, (), {}, training)
        if error.layer is not None:
            raise error
        raise self.explained(error, inputs) from error

    def explained(self, error: AfinaError, inputs: Any) -> AfinaError:
        """`error` with this layer's name and its inputs' shape, unless the layer has named itself."""
        try:
            self._check(inputs)
        except AfinaError as clearer:
            clearer.layer = self.name
            return clearer
        text = str(error)
        if not text.startswith(self.label):
            shapes = map_nested(lambda t: tuple(t.shape) if hasattr(t, "shape") else t, inputs)
            text = f"{self.label}, inputs of shape {shapes}: {text}"
        named = type(error)(text)
        named.layer = self.name
        return named

    # --- configuration ---

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as JSON-able data, read from attributes of the same names."""
        return config_of(self, complete=type(self).get_config is Layer.get_config)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer from `get_config`'s data; its weights are new."""
        return cls(**config)

    # --- shapes that were seen ---

    def _node(self) -> Node:
        if not self._inbound_nodes:
            raise NotBuiltError(
                f"{self.label} was never called on a symbolic tensor: it has no input or output"
            )
        return self._inbound_nodes[0]

    @property
    def input(self) -> Any:
        """The symbolic input of the first symbolic call."""
        return self._node().inputs

    @property
    def output(self) -> Any:
        """The symbolic output of the first symbolic call."""
        return self._node().outputs

    @property
    def input_shape(self) -> Any:
        """Shape of `input`."""
        return map_nested(lambda t: t.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """Shape of `output`."""
        return map_nested(lambda t: t.shape, self.output)

    def __repr__(self) -> str:
        shapes = ""
        if self._inbound_nodes and self._inbound_nodes[0].parents:
            shapes = f", {self.input_shape} -> {self.output_shape}"
        state = f"{self.count_params():,} parameters" if self.built or self.weights else "not built"
        return f"<{self.label}{shapes}, {state}{'' if self._trainable else ', frozen'}>"


class TensorLayer(Layer):
    """A layer whose input is exactly one tensor; lists, dicts and None are refused by name."""

    _one_tensor = True


def _shape_of(value: Any) -> Any:
    return tuple(value.shape) if hasattr(value, "shape") else None


def _marks_built(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def wrapped(self: Layer, input_shape: Any = None, *further: Any, **named: Any) -> None:
        build(self, input_shape, *further, **named)
        self.built = True
        self._build_shape = input_shape

    return wrapped
