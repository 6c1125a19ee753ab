"""Convolutions on images."""

from __future__ import annotations

from typing import Any

from .. import activations, constraints, initializers, ops, regularizers
from .._C import Tensor
from ..config import standardize_data_format
from ..errors import ArgumentError, ShapeError
from ..parameter import Parameter
from ..registry import register
from .arguments import check_positive
from .input_spec import InputSpec
from .layer import TensorLayer
from .spatial import (
    channels_axis,
    padding_word,
    pair,
    to_channels_first,
    to_channels_last,
    warn_of_mixed_layouts,
    window_output_shape,
)
from .symbolic import SymbolicShape


class _Convolution(TensorLayer):
    """What the convolutions share: the window, the layout, the bias and the activation."""

    filters_out: int  # output channels, known after build

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = pair(self.label, "kernel_size", kernel_size)
        self.strides = pair(self.label, "strides", strides)
        self.padding = padding_word(self.label, padding)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = pair(self.label, "dilation_rate", dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=4)
        self.bias: Parameter | None = None
        self._fused, self._after = activations.fused_or_after(self.activation)
        self._channels_first = self.data_format == "channels_first"

    def _channels(self, input_shape: SymbolicShape) -> int:
        """Input channels; pins them in the input spec."""
        axis = channels_axis(self.data_format)
        channels = input_shape[axis]
        if channels is None:
            raise ShapeError(
                f"{self.label}: channels (axis {axis}, {self.data_format}) must be known, got {input_shape}"
            )
        self.input_spec = InputSpec(ndim=4, axes={axis: channels})
        return channels

    def _add_bias(self, filters: int) -> None:
        self.filters_out = filters
        if self.use_bias:
            self.bias = self.add_weight(
                (filters,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def convolve(self, x: Tensor) -> Tensor:
        """The convolution of a channels-last image, bias and fused activation included."""
        raise NotImplementedError

    def call(self, inputs: Tensor) -> Tensor:
        """activation(convolution(inputs) + bias)."""
        if self._channels_first:
            y = to_channels_first(self.convolve(to_channels_last(inputs)))
        else:
            y = self.convolve(inputs)
        return y if self._after is None else self._after(y)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Windows per axis, and the number of filters as channels."""
        return window_output_shape(
            self.label,
            input_shape,
            self.data_format,
            self.kernel_size,
            self.strides,
            self.padding,
            dilation=self.dilation_rate,
            channels=self.filters_out,
        )

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with a warning when the layer before has the other layout."""
        warn_of_mixed_layouts(self, inputs)
        return super().compute_output_spec(inputs, *args, **kwargs)


@register
class Conv2D(_Convolution):
    """activation(sum over the window and channels of x * kernel + bias).

    x (n, h, w, c), kernel (kh, kw, c / groups, filters), result (n, h', w', filters); in channels_first the
    channels stand on axis 1. `kernel_size`, `strides`, `dilation_rate`: an int or two.

    >>> layer = Conv2D(32, 3)
    >>> layer.build((None, 28, 28, 1)); layer.count_params()
    320
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        groups: int = 1,
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
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, bias_constraint,
            activity_regularizer=activity_regularizer, **kwargs,
        )  # fmt: skip
        check_positive(self.label, filters=filters, groups=groups)
        if filters % groups:
            raise ArgumentError(f"{self.label}: filters ({filters}) must be a multiple of groups ({groups})")
        self.filters = filters
        self.groups = groups
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (kh, kw, c / groups, filters) and bias (filters,)."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ShapeError(
                f"{self.label}: {channels} input channels must be a multiple of groups ({self.groups})"
            )
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self._add_bias(self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        """The convolution of a channels-last image."""
        return ops.conv2d(
            x,
            self.kernel,
            self.bias,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.groups,
            self._fused,
        )


@register
class DepthwiseConv2D(_Convolution):
    """Each channel convolved alone with `depth_multiplier` kernels, (n, h, w, c) to (n, h', w', c * m)."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, bias_constraint,
            activity_regularizer=activity_regularizer, **kwargs,
        )  # fmt: skip
        check_positive(self.label, depth_multiplier=depth_multiplier)
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (kh, kw, c, depth_multiplier) and bias (c * depth_multiplier,)."""
        channels = self._channels(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="kernel",
        )
        self._add_bias(channels * self.depth_multiplier)

    def convolve(self, x: Tensor) -> Tensor:
        """The depthwise convolution of a channels-last image."""
        return ops.depthwise_conv2d(
            x, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate, self._fused
        )


@register
class SeparableConv2D(_Convolution):
    """A depthwise convolution, then a 1 x 1 convolution that mixes its channels into `filters`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer, bias_regularizer, bias_constraint,
            activity_regularizer=activity_regularizer, **kwargs,
        )  # fmt: skip
        check_positive(self.label, filters=filters, depth_multiplier=depth_multiplier)
        self.filters = filters
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: SymbolicShape) -> None:
        """depthwise_kernel (kh, kw, c, m), pointwise_kernel (1, 1, c * m, filters), bias (filters,)."""
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="depthwise_kernel",
        )
        self.pointwise_kernel = self.add_weight(
            (1, 1, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            name="pointwise_kernel",
        )
        self._add_bias(self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        """Depthwise, then pointwise, of a channels-last image."""
        y = ops.depthwise_conv2d(
            x, self.depthwise_kernel, None, self.strides, self.padding, self.dilation_rate, "linear"
        )
        return ops.conv2d(y, self.pointwise_kernel, self.bias, (1, 1), "valid", (1, 1), 1, self._fused)


Convolution2D = Conv2D
SeparableConvolution2D = SeparableConv2D
