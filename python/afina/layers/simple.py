"""Small layers without weights: rescaling and a penalty on activations."""

from __future__ import annotations

from typing import Any

from .. import ops, regularizers
from .._C import Tensor
from ..registry import register
from .layer import TensorLayer


@register
class Rescaling(TensorLayer):
    """x * scale + offset, whatever the dtype of x: Rescaling(1 / 255) brings bytes to [0, 1].

    >>> Rescaling(2.0, offset=1.0)([[1.0, 2.0]]).tolist()
    [[3.0, 5.0]]
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = float(scale)
        self.offset = float(offset)

    def call(self, inputs: Tensor) -> Tensor:
        """inputs * scale + offset."""
        x = inputs if inputs.dtype == self.dtype else ops.cast(inputs, self.dtype)
        return x * self.scale + self.offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


@register
class ActivityRegularization(TensorLayer):
    """x itself; adds l1 * sum(abs(x)) + l2 * sum(x^2), divided by the batch size, to the loss."""

    _same_shape = True
    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """l1 and l2."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
