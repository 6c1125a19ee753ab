"""Activations as layers."""

from __future__ import annotations

from typing import Any

from .. import activations, constraints, initializers, ops, regularizers
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..registry import register
from .input_spec import InputSpec
from .layer import TensorLayer
from .symbolic import SymbolicShape


@register
class Activation(TensorLayer):
    """activation(x), given by name, function or layer.

    >>> Activation("relu")([[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """

    _same_shape = True
    supports_masking = True

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Tensor) -> Tensor:
        """activation(inputs)."""
        return self.activation(inputs)


@register
class ReLU(TensorLayer):
    """x from `threshold` up to `max_value`; negative_slope * (x - threshold) below; ReLU(6) is ReLU-6."""

    _same_shape = True
    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and not max_value >= 0:
            raise ArgumentError(f"{self.label}: max_value must not be negative, got {max_value}")
        if not negative_slope >= 0:
            raise ArgumentError(f"{self.label}: negative_slope must not be negative, got {negative_slope}")
        if not threshold >= 0:
            raise ArgumentError(f"{self.label}: threshold must not be negative, got {threshold}")
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs: Tensor) -> Tensor:
        """The cut and sloped line."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


@register
class LeakyReLU(TensorLayer):
    """x where x > 0, negative_slope * x elsewhere; `alpha` is the old name of the slope."""

    _same_shape = True
    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        if not 0 <= negative_slope < float("inf"):
            raise ArgumentError(f"{self.label}: negative_slope must not be negative, got {negative_slope}")
        self.negative_slope = negative_slope

    def call(self, inputs: Tensor) -> Tensor:
        """leaky_relu(inputs)."""
        return ops.leaky_relu(inputs, self.negative_slope)


@register
class ELU(TensorLayer):
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""

    _same_shape = True
    supports_masking = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def call(self, inputs: Tensor) -> Tensor:
        """elu(inputs)."""
        return ops.elu(inputs, self.alpha)


@register
class Softmax(TensorLayer):
    """exp(x) / sum(exp(x)) along `axis`."""

    _same_shape = True
    supports_masking = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """softmax(inputs)."""
        return ops.softmax(inputs, self.axis)


@register
class PReLU(TensorLayer):
    """x where x > 0, alpha * x elsewhere, with a learned alpha per unit.

    `shared_axes` lists axes along which alpha is one number: (1, 2) for one per channel of an image.
    """

    _same_shape = True
    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        axes = (shared_axes,) if isinstance(shared_axes, int) else shared_axes
        if axes is not None and not all(isinstance(axis, int) for axis in axes):
            raise ArgumentError(f"PReLU: shared_axes must hold ints, got {shared_axes!r}")
        self.shared_axes = None if axes is None else tuple(axes)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: SymbolicShape) -> None:
        """alpha, of the shape of one sample, 1 on the shared axes."""
        sizes = list(input_shape[1:])
        for axis in self.shared_axes or ():
            if not 1 <= axis < len(input_shape):
                raise ShapeError(
                    f"{self.label}: shared_axes must lie in 1..{len(input_shape) - 1}, got {self.shared_axes}"
                )
            sizes[axis - 1] = 1
        self.alpha = self.add_weight(
            tuple(sizes),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        axes = {axis: size for axis, size in enumerate(sizes, 1) if size is not None and size > 1}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Tensor) -> Tensor:
        """prelu(inputs, alpha)."""
        return ops.prelu(inputs, self.alpha)
