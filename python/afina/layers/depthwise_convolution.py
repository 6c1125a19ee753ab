"""Convolutions of every channel alone, on sequences and images."""

from __future__ import annotations

from typing import Any

from .. import constraints, initializers, ops, regularizers
from .._C import Tensor
from ..registry import register
from .arguments import check_positive
from .convolution import Convolution
from .spatial import Padding, image_padding
from .symbolic import SymbolicShape


class _Depthwise(Convolution):
    """Every channel alone."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: Padding = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        """kernel (*kernel_size, c, depth_multiplier) and bias (c * depth_multiplier,)."""
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
            x,
            self._on_image(self.kernel),
            self.bias,
            self._strides,
            image_padding(self.padding),
            self._dilation,
            self._fused,
        )


@register
class DepthwiseConv1D(_Depthwise):
    """Each channel convolved alone with `depth_multiplier` kernels, (n, steps, c) to (n, steps', c * m).

    >>> layer = DepthwiseConv1D(3)
    >>> layer.build((None, 20, 4)); layer.count_params()
    16
    """

    rank = 1


@register
class DepthwiseConv2D(_Depthwise):
    """Each channel convolved alone with `depth_multiplier` kernels, (n, h, w, c) to (n, h', w', c * m).

    >>> layer = DepthwiseConv2D(3)
    >>> layer.build((None, 28, 28, 4)); layer.count_params()
    40
    """

    rank = 2


class _Separable(Convolution):
    """Every channel alone, then mixed."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Padding = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        """depthwise_kernel (*kernel_size, c, m), pointwise_kernel (1, ..., c * m, filters), bias."""
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="depthwise_kernel",
        )
        self.pointwise_kernel = self.add_weight(
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            name="pointwise_kernel",
        )
        self._add_bias(self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        """Depthwise, then pointwise, of a channels-last image."""
        y = ops.depthwise_conv2d(
            x,
            self._on_image(self.depthwise_kernel),
            None,
            self._strides,
            image_padding(self.padding),
            self._dilation,
            "linear",
        )
        return ops.conv2d(
            y, self._on_image(self.pointwise_kernel), self.bias, (1, 1), "valid", (1, 1), 1, self._fused
        )


@register
class SeparableConv1D(_Separable):
    """A depthwise convolution of (n, steps, c), then one of width 1 that mixes its channels into `filters`.

    >>> layer = SeparableConv1D(8, 3)
    >>> layer.build((None, 20, 4)); layer.count_params()
    52
    """

    rank = 1


@register
class SeparableConv2D(_Separable):
    """A depthwise convolution, then a 1 x 1 convolution that mixes its channels into `filters`.

    >>> layer = SeparableConv2D(8, 3)
    >>> layer.build((None, 28, 28, 4)); layer.count_params()
    76
    """

    rank = 2


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
