"""Pooling on images."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..registry import register
from .input_spec import InputSpec
from .layer import TensorLayer
from .spatial import in_layout, padding_word, pair, split_shape, warn_of_mixed_layouts, window_output_shape
from .symbolic import SymbolicShape


class _Pooling2D(TensorLayer):
    """The window and the layout; subclasses say which op."""

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = pair(self.label, "pool_size", pool_size)
        self.strides = self.pool_size if strides is None else pair(self.label, "strides", strides)
        self.padding = padding_word(self.label, padding)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def pool(self, x: Tensor) -> Tensor:
        """The pooling of a channels-last image."""
        raise NotImplementedError

    def call(self, inputs: Tensor) -> Tensor:
        """The pooled image."""
        return in_layout(self.data_format, self.pool, inputs)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Windows per axis; the channels stay."""
        return window_output_shape(
            self.label, input_shape, self.data_format, self.pool_size, self.strides, self.padding
        )

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with a warning when the layer before has the other layout."""
        warn_of_mixed_layouts(self, inputs)
        return super().compute_output_spec(inputs, *args, **kwargs)


@register
class MaxPooling2D(_Pooling2D):
    """The largest value of each window: (n, h, w, c) -> (n, h', w', c); `strides` defaults to `pool_size`.

    >>> import numpy as np
    >>> MaxPooling2D()(np.arange(4.0).reshape(1, 2, 2, 1)).tolist()
    [[[[3.0]]]]
    """

    def pool(self, x: Tensor) -> Tensor:
        """The largest value of each window."""
        return ops.max_pool2d(x, self.pool_size, self.strides, self.padding)


@register
class AveragePooling2D(_Pooling2D):
    """The mean of each window, padding not counted; `strides` defaults to `pool_size`."""

    def pool(self, x: Tensor) -> Tensor:
        """The mean of each window."""
        return ops.average_pool2d(x, self.pool_size, self.strides, self.padding)


class _GlobalPooling2D(TensorLayer):
    """All pixels of a channel become one number."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=4)
        self._axes = (2, 3) if self.data_format == "channels_first" else (1, 2)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, c), or with ones in the place of height and width."""
        batch, _, _, channels = split_shape(input_shape, self.data_format)
        if not self.keepdims:
            return (batch, channels)
        return tuple([1 if axis in self._axes else size for axis, size in enumerate(input_shape)])

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with a warning when the layer before has the other layout."""
        warn_of_mixed_layouts(self, inputs)
        return super().compute_output_spec(inputs, *args, **kwargs)


@register
class GlobalAveragePooling2D(_GlobalPooling2D):
    """The mean over height and width: (n, h, w, c) -> (n, c)."""

    def call(self, inputs: Tensor) -> Tensor:
        """The mean of every channel."""
        return ops.mean(inputs, self._axes, self.keepdims)


@register
class GlobalMaxPooling2D(_GlobalPooling2D):
    """The largest value over height and width: (n, h, w, c) -> (n, c)."""

    def call(self, inputs: Tensor) -> Tensor:
        """The largest value of every channel."""
        return ops.max(inputs, self._axes, self.keepdims)


MaxPool2D, AvgPool2D = MaxPooling2D, AveragePooling2D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D
