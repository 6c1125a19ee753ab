"""A layer applied to every step of a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from .._C import Tensor
from ..errors import AfinaError, ArgumentError, ShapeError
from ..registry import deserialize, register
from .input_spec import InputSpec
from .layer import Layer, TensorLayer
from .symbolic import SymbolicTensor

if TYPE_CHECKING:
    from typing_extensions import Self


@register
class TimeDistributed(TensorLayer):
    """`layer` on each x[:, t] of x (batch, steps, ...): steps and samples are one batch to it.

    >>> import numpy as np
    >>> from afina.layers import Conv2D
    >>> TimeDistributed(Conv2D(6, 3))(np.ones((2, 5, 8, 8, 3), "float32")).shape
    (2, 5, 6, 6, 6)
    """

    supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ArgumentError(f"{self.label}: layer must be a layer, got {layer!r}")
        self.layer = layer
        self.input_spec = InputSpec(min_ndim=3)

    def build(self, input_shape: Any) -> None:
        """Build the layer for one step."""
        try:
            self.layer._build((None, *input_shape[2:]))
        except AfinaError as error:
            raise type(error)(f"{self.label}: {error}") from error
        if self.layer.weights and input_shape[-1] is not None:
            self.input_spec = InputSpec(min_ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs: Tensor, mask: Any = None, training: bool = False) -> Tensor:
        """The layer's outputs, (batch, steps, ...)."""
        batch, steps = inputs.shape[:2]
        if batch * steps == 0:
            raise ShapeError(f"{self.label}: inputs must have a sample and a step, got shape {inputs.shape}")
        options = {}
        if mask is not None and "mask" in self.layer._masks_wanted:
            options["mask"] = ops.reshape(mask, (batch * steps, *mask.shape[2:]))
        y = self.layer(ops.reshape(inputs, (batch * steps, *inputs.shape[2:])), training=training, **options)
        if not isinstance(y, Tensor):
            raise ArgumentError(f"{self.label}: layer must return one tensor, got {type(y).__name__}")
        return ops.reshape(y, (batch, steps, *y.shape[1:]))

    def compute_output_spec(self, inputs: Any, *_: Any, **__: Any) -> Any:
        """(batch, steps) in front of what the layer makes of one step."""
        one = self.layer.compute_output_spec(SymbolicTensor((None, *inputs.shape[2:]), inputs.dtype))
        return SymbolicTensor((*inputs.shape[:2], *one.shape[1:]), one.dtype)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer around one rebuilt from its own configuration."""
        return cls(**deserialize(config))
