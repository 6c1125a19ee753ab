"""Pooling on sequences and images."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..registry import register
from .input_spec import InputSpec
from .layer import TensorLayer
from .masks import mask_of_rank
from .spatial import (
    Padding,
    as_pair,
    checked_padding,
    image_padding,
    in_layout,
    sizes,
    split_shape,
    warn_of_mixed_layouts,
    window_output_shape,
)
from .symbolic import SymbolicShape


class _Pooling(TensorLayer):
    """The window and the layout; subclasses say which op. A sequence is an image of height one."""

    rank: ClassVar[int]

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Padding = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = sizes(self.label, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else sizes(self.label, "strides", strides, self.rank)
        self.padding = checked_padding(self.label, padding, self.rank)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._padding = image_padding(self.padding)
        self._window, self._strides = as_pair(self.pool_size), as_pair(self.strides)

    def pool(self, x: Tensor) -> Tensor:
        """The pooling of a channels-last image."""
        raise NotImplementedError

    def call(self, inputs: Tensor) -> Tensor:
        """The pooled image."""
        return in_layout(self.data_format, self.pool, inputs, self.rank)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Windows per axis; the channels stay."""
        return window_output_shape(
            self.label, input_shape, self.data_format, self.pool_size, self.strides, self.padding
        )

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with a warning when the layer before has the other layout."""
        warn_of_mixed_layouts(self, inputs)
        return super().compute_output_spec(inputs, *args, **kwargs)


class _MaxPooling(_Pooling):
    def pool(self, x: Tensor) -> Tensor:
        """The largest value of each window."""
        return ops.max_pool2d(x, self._window, self._strides, self._padding)


class _AveragePooling(_Pooling):
    def pool(self, x: Tensor) -> Tensor:
        """The mean of each window."""
        return ops.average_pool2d(x, self._window, self._strides, self._padding)


@register
class MaxPooling1D(_MaxPooling):
    """The largest value of each window: (n, steps, c) -> (n, steps', c); `strides` defaults to `pool_size`.

    >>> MaxPooling1D()([[[1.0], [2.0], [4.0], [3.0]]]).tolist()
    [[[2.0], [4.0]]]
    """

    rank = 1


@register
class MaxPooling2D(_MaxPooling):
    """The largest value of each window: (n, h, w, c) -> (n, h', w', c); `strides` defaults to `pool_size`.

    >>> import numpy as np
    >>> MaxPooling2D()(np.arange(4.0).reshape(1, 2, 2, 1)).tolist()
    [[[[3.0]]]]
    """

    rank = 2


@register
class AveragePooling1D(_AveragePooling):
    """The mean of each window of (n, steps, c), padding not counted; `strides` defaults to `pool_size`.

    >>> AveragePooling1D()([[[1.0], [2.0], [4.0], [3.0]]]).tolist()
    [[[1.5], [3.5]]]
    """

    rank = 1


@register
class AveragePooling2D(_AveragePooling):
    """The mean of each window of (n, h, w, c), padding not counted; `strides` defaults to `pool_size`."""

    rank = 2


class _GlobalPooling(TensorLayer):
    """All steps or pixels of a channel become one number."""

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        first = 2 if self.data_format == "channels_first" else 1
        self._axes = tuple(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, c), or with ones in the place of the others."""
        batch, _, channels = split_shape(input_shape, self.data_format)
        if not self.keepdims:
            return (batch, channels)
        return tuple([1 if axis in self._axes else size for axis, size in enumerate(input_shape)])

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with a warning when the layer before has the other layout."""
        warn_of_mixed_layouts(self, inputs)
        return super().compute_output_spec(inputs, *args, **kwargs)


class _OfSteps(_GlobalPooling):
    rank = 1

    def _weights(self, mask: Any, inputs: Tensor) -> Tensor | None:
        """The mask (n, steps) as ones and zeros beside the inputs' channels."""
        mask = mask_of_rank(self.label, "mask", mask, 2)
        if mask is None:
            return None
        channels = 1 if self.data_format == "channels_first" else -1
        return ops.expand_dims(ops.cast(mask, inputs.dtype), channels)


@register
class GlobalAveragePooling1D(_OfSteps):
    """The mean over the steps that the mask lets through: (n, steps, c) -> (n, c); 0 where it lets none.

    >>> GlobalAveragePooling1D()([[[1.0], [3.0], [8.0]]], mask=[[True, True, False]]).tolist()
    [[2.0]]
    """

    def call(self, inputs: Tensor, mask: Any = None) -> Tensor:
        """The mean of every channel."""
        weights = self._weights(mask, inputs)
        if weights is None:
            return ops.mean(inputs, self._axes, self.keepdims)
        count = ops.maximum(ops.sum(weights, self._axes, self.keepdims), 1.0)
        return ops.sum(inputs * weights, self._axes, self.keepdims) / count


@register
class GlobalAveragePooling2D(_GlobalPooling):
    """The mean over height and width: (n, h, w, c) -> (n, c)."""

    rank = 2

    def call(self, inputs: Tensor) -> Tensor:
        """The mean of every channel."""
        return ops.mean(inputs, self._axes, self.keepdims)


@register
class GlobalMaxPooling1D(_OfSteps):
    """The largest value over the steps that the mask lets through: (n, steps, c) -> (n, c); 0 where none.

    >>> GlobalMaxPooling1D()([[[1.0], [3.0], [8.0]]], mask=[[True, True, False]]).tolist()
    [[3.0]]
    """

    def call(self, inputs: Tensor, mask: Any = None) -> Tensor:
        """The largest value of every channel."""
        weights = self._weights(mask, inputs)
        if weights is None:
            return ops.max(inputs, self._axes, self.keepdims)
        seen = ops.max(ops.where(ops.greater(weights, 0.0), inputs, _LOWEST), self._axes, self.keepdims)
        return seen * ops.max(weights, self._axes, self.keepdims)


@register
class GlobalMaxPooling2D(_GlobalPooling):
    """The largest value over height and width: (n, h, w, c) -> (n, c)."""

    rank = 2

    def call(self, inputs: Tensor) -> Tensor:
        """The largest value of every channel."""
        return ops.max(inputs, self._axes, self.keepdims)


_LOWEST = -1e30  # finite, so that 0 times it is 0

MaxPool1D, AvgPool1D = MaxPooling1D, AveragePooling1D
MaxPool2D, AvgPool2D = MaxPooling2D, AveragePooling2D
GlobalAvgPool1D, GlobalMaxPool1D = GlobalAveragePooling1D, GlobalMaxPooling1D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D
