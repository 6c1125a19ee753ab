"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from .. import activations, constraints, initializers, ops, regularizers
from .._C import Tensor
from ..errors import ShapeError
from ..parameter import Parameter
from ..registry import register
from .arguments import check_positive
from .input_spec import InputSpec
from .layer import TensorLayer
from .symbolic import SymbolicShape


@register
class Dense(TensorLayer):
    """activation(x @ kernel + bias): x (..., n), kernel (n, units), bias (units,).

    >>> layer = Dense(512, activation="relu", input_shape=(784,))
    >>> layer.build((None, 784)); layer.count_params()
    401920
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        check_positive(self.label, units=units)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.bias: Parameter | None = None
        self._fused, self._after = activations.fused_or_after(self.activation)

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (n, units) and bias (units,)."""
        n = input_shape[-1]
        if n is None:
            raise ShapeError(
                f"{self.label}: the last axis of the inputs must be known, got shape {input_shape}"
            )
        self.kernel = self.add_weight(
            (n, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: n})

    def call(self, inputs: Tensor) -> Tensor:
        """activation(inputs @ kernel + bias)."""
        if inputs.ndim < 2:
            self._check(inputs)
        y = ops.linear(inputs, self.kernel, self.bias, self._fused)
        return y if self._after is None else self._after(y)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The last axis becomes `units`."""
        return (*input_shape[:-1], self.units)
