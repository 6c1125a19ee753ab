"""Transposed convolutions: the way back from windows to sequences and images."""

from __future__ import annotations

from typing import Any

from .. import constraints, initializers, ops, regularizers
from .._C import Tensor
from ..errors import ArgumentError
from ..registry import register
from .arguments import check_positive
from .convolution import Convolution
from .spatial import as_pair, join_shape, sizes, split_shape
from .symbolic import SymbolicShape


class _Transposed(Convolution):
    """Every step or pixel adds its channels times the kernel to the window it stands for."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        check_positive(self.label, filters=filters)
        self.filters = filters
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = sizes(self.label, "output_padding", output_padding, self.rank, 0)
            if any(more >= step for more, step in zip(self.output_padding, self.strides, strict=True)):
                raise ArgumentError(
                    f"{self.label}: output_padding must be less than strides ({self.strides}), "
                    f"got {output_padding!r}"
                )
        self._output_padding = None if self.output_padding is None else self._more()
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)

    def _more(self) -> tuple[int, int]:
        """output_padding for images; a height of one stays one."""
        assert self.output_padding is not None
        return (0, self.output_padding[0]) if self.rank == 1 else as_pair(self.output_padding)

    def build(self, input_shape: SymbolicShape) -> None:
        """kernel (*kernel_size, filters, c) and bias (filters,)."""
        channels = self._channels(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self._add_bias(self.filters)

    def convolve(self, x: Tensor) -> Tensor:
        """The transposed convolution of a channels-last image."""
        return ops.conv2d_transpose(
            x,
            self._on_image(self.kernel),
            self.bias,
            self._strides,
            str(self.padding),
            self._output_padding,
            self._dilation,
            self._fused,
        )

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Lengths as Keras has them, and the number of filters as channels."""
        batch, spatial, _ = split_shape(input_shape, self.data_format)
        return join_shape(
            batch, tuple(map(self._length, spatial, range(self.rank))), self.filters, self.data_format
        )

    def _length(self, length: int | None, axis: int) -> int | None:
        if length is None:
            return None
        stride, span = self.strides[axis], (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1
        reach = (length - 1) * stride
        if self.output_padding is not None:
            return reach + self.output_padding[axis] + (span % 2 if self.padding == "same" else span)
        return length * stride if self.padding == "same" else reach + max(span, stride)


@register
class Conv1DTranspose(_Transposed):
    """(n, steps, c) to (n, steps', filters): step t adds x[t] times the kernel at t stride.

    kernel (k, filters, c). steps' is steps * stride for "same" and (steps - 1) stride + max(k, stride) for
    "valid"; with `output_padding` (steps - 1) stride + k % 2 or k, + output_padding (k with its dilation).

    >>> import numpy as np
    >>> Conv1DTranspose(2, 3, strides=2, padding="same")(np.ones((1, 5, 4))).shape
    (1, 10, 2)
    """

    rank = 1


@register
class Conv2DTranspose(_Transposed):
    """(n, h, w, c) to (n, h', w', filters): pixel (i, j) adds x[i, j] times the kernel at (i, j) strides.

    kernel (kh, kw, filters, c). h' is h * stride for "same" and (h - 1) stride + max(kh, stride) for "valid";
    with `output_padding` (h - 1) stride + kh % 2 or kh, + output_padding (kh with its dilation).

    >>> import numpy as np
    >>> Conv2DTranspose(2, 3, strides=2, padding="same")(np.ones((1, 5, 6, 4))).shape
    (1, 10, 12, 2)
    """

    rank = 2


Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
