"""Convolutions on sequences and images."""

from __future__ import annotations

from typing import Any, ClassVar

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
    Padding,
    as_pair,
    channels_axis,
    checked_padding,
    image_padding,
    in_layout,
    sizes,
    warn_of_mixed_layouts,
    window_output_shape,
)
from .symbolic import SymbolicShape


class Convolution(TensorLayer):
    """What the convolutions share: the window, the layout, the bias and the activation.

    A sequence is convolved as an image of height one.
    """

    rank: ClassVar[int]  # spatial axes
    _takes_causal: ClassVar[bool] = False
    filters_out: int  # output channels, known after build

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: Padding,
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
        self.kernel_size = sizes(self.label, "kernel_size", kernel_size, self.rank)
        self.strides = sizes(self.label, "strides", strides, self.rank)
        self.padding = checked_padding(self.label, padding, self.rank, causal=self._takes_causal)
        self.data_format = standardize_data_format(data_format)
        self.dilation_rate = sizes(self.label, "dilation_rate", dilation_rate, self.rank)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.bias: Parameter | None = None
        self._fused, self._after = activations.fused_or_after(self.activation)
        self._strides, self._dilation = as_pair(self.strides), as_pair(self.dilation_rate)

    def _channels(self, input_shape: SymbolicShape) -> int:
        """Input channels; pins them in the input spec."""
        axis = channels_axis(self.data_format)
        channels = input_shape[axis]
        if channels is None:
            raise ShapeError(
                f"{self.label}: channels (axis {axis}, {self.data_format}) must be known, got {input_shape}"
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
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

    def _on_image(self, kernel: Parameter) -> Tensor:
        """The kernel as one of images."""
        return kernel if self.rank == 2 else ops.expand_dims(kernel, 0)

    def convolve(self, x: Tensor) -> Tensor:
        """The convolution of a channels-last image, bias and fused activation included."""
        raise NotImplementedError

    def call(self, inputs: Tensor) -> Tensor:
        """activation(convolution(inputs) + bias)."""
        y = in_layout(self.data_format, self.convolve, inputs, self.rank)
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


class _FullConvolution(Convolution):
    """Every filter sees every channel, or those of its group."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Padding = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        before = (self.kernel_size[0] - 1) * self.dilation_rate[0]
        causal = self.padding == "causal"
        self._op_padding: Any = ((0, 0), (before, 0)) if causal else image_padding(self.padding)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (*kernel_size, c / groups, filters) and bias (filters,)."""
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
            self._on_image(self.kernel),
            self.bias,
            self._strides,
            self._op_padding,
            self._dilation,
            self.groups,
            self._fused,
        )


@register
class Conv1D(_FullConvolution):
    """activation(bias + sum over the window and channels of x * kernel) along one axis.

    x (n, steps, c), kernel (k, c / groups, filters), result (n, steps', filters). `padding` "causal" puts
    (k - 1) dilation zeros in front: step t sees no later one.

    >>> layer = Conv1D(8, 3, padding="causal")
    >>> layer.build((None, 20, 4)); layer.count_params()
    104
    """

    rank = 1
    _takes_causal = True


@register
class Conv2D(_FullConvolution):
    """activation(bias + sum over the window and channels of x * kernel).

    x (n, h, w, c), kernel (kh, kw, c / groups, filters), result (n, h', w', filters); in channels_first the
    channels stand on axis 1. `kernel_size`, `strides`, `dilation_rate`: an int or two. `padding`: "valid",
    "same", or the zeros around, ((top, bottom), (left, right)).

    >>> layer = Conv2D(32, 3)
    >>> layer.build((None, 28, 28, 1)); layer.count_params()
    320
    """

    rank = 2


Convolution1D, Convolution2D = Conv1D, Conv2D
