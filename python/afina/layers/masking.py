"""The layer that finds padding in sequences."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..registry import register
from .input_spec import InputSpec
from .layer import TensorLayer


@register
class Masking(TensorLayer):
    """Hides the steps whose features all equal `mask_value`: (batch, steps, features), values there become 0.

    The layers that follow skip those steps (LSTM, GRU, ...) or pass the mask on; losses and metrics leave
    them out.

    >>> import numpy as np
    >>> y = Masking()(np.array([[[1.0, 2.0], [0.0, 0.0]]]))
    >>> y.mask.tolist()
    [[True, False]]
    """

    _same_shape = True
    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.input_spec = InputSpec(min_ndim=3)

    def compute_mask(self, inputs: Tensor, mask: Any = None) -> Tensor:  # noqa: ARG002  values alone decide
        """True where one feature or more differs from `mask_value`."""
        return ops.any(ops.not_equal(inputs, self.mask_value), -1)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with 0 in the hidden steps."""
        kept = ops.cast(ops.expand_dims(self.compute_mask(inputs), -1), inputs.dtype)
        return inputs * kept
