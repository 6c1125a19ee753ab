"""Torch's layers: subclasses of ours with torch's arguments, channels first, built when made."""

from __future__ import annotations

import math
from typing import Any

from ... import initializers, layers, ops
from ..._C import Tensor
from ...errors import ArgumentError
from ...layers.layer import TensorLayer
from ...layers.spatial import to_channels_first, to_channels_last
from ...refusal import shown
from ...training.options import check_counts


def uniform(fan_in: int) -> Any:
    """Torch's default: U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), for kernels and biases."""
    bound = 1.0 / math.sqrt(fan_in)
    return initializers.RandomUniform(-bound, bound)


def _two(who: str, argument: str, value: Any, least: int) -> tuple[int, int]:
    """An int or two of them as two."""
    pair = (value, value) if isinstance(value, int) else value
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ArgumentError(f"{who}: {argument} must be an int or two, got {shown(value)}")
    for one in pair:
        check_counts(who, least, optional=False, **{argument: one})
    return int(pair[0]), int(pair[1])


class Linear(layers.Dense):
    """x W + b: (..., in_features) -> (..., out_features).

    >>> Linear(3, 2).count_params()
    8
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        check_counts("nn.Linear", 1, optional=False, in_features=in_features, out_features=out_features)
        start = uniform(in_features)
        super().__init__(out_features, use_bias=bias, kernel_initializer=start, bias_initializer=start)
        self.in_features, self.out_features = in_features, out_features
        self.build((None, in_features))


class Conv2d(layers.Conv2D):
    """(n, in_channels, h, w) -> (n, out_channels, h', w'); padding: rows and columns of zeros on each side.

    >>> Conv2d(1, 20, 5).count_params()
    520
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        who = "nn.Conv2d"
        check_counts(
            who, 1, optional=False, in_channels=in_channels, out_channels=out_channels, groups=groups
        )
        size = _two(who, "kernel_size", kernel_size, 1)
        word = padding if isinstance(padding, str) else "valid"
        start = uniform(max(1, in_channels // groups) * size[0] * size[1])
        super().__init__(
            out_channels, size, _two(who, "stride", stride, 1), word, "channels_first",
            _two(who, "dilation", dilation, 1), groups, use_bias=bias, kernel_initializer=start,
            bias_initializer=start,
        )  # fmt: skip
        self.in_channels, self.out_channels = in_channels, out_channels
        self._sides: Any = self.padding
        if not isinstance(padding, str):
            rows, columns = _two(who, "padding", padding, 0)
            self._sides = ((rows, rows), (columns, columns))
        self.build((None, in_channels, None, None))

    def convolve(self, x: Tensor) -> Tensor:
        """The convolution of a channels-last image."""
        return ops.conv2d(
            x, self.kernel, self.bias, self.strides, self._sides, self.dilation_rate, self.groups, self._fused
        )

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Found by running on ones."""
        return self.inferred_spec(inputs, *args, **kwargs)


class _Pool2d(TensorLayer):
    """A window over channels-first images."""

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        who = f"nn.{type(self).__name__}"
        self.kernel_size = _two(who, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else _two(who, "stride", stride, 1)
        self.padding = _two(who, "padding", padding, 0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ArgumentError(f"{who}: padding must be at most half of kernel_size, got {shown(padding)}")

    def pool(self, x: Tensor) -> Tensor:
        """The pooling of a padded channels-last image."""
        raise NotImplementedError

    def padded(self, x: Tensor, value: float) -> Tensor:
        """`value` around the image."""
        (rows, columns) = self.padding
        if rows == columns == 0:
            return x
        return ops.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), value)

    def call(self, inputs: Tensor) -> Tensor:
        """The pooled image."""
        return to_channels_first(self.pool(to_channels_last(inputs)))


class MaxPool2d(_Pool2d):
    """The largest value of each window; the padding never wins.

    >>> from afina import zeros
    >>> MaxPool2d(2)(zeros((1, 3, 6, 6))).shape
    (1, 3, 3, 3)
    """

    def pool(self, x: Tensor) -> Tensor:
        return ops.max_pool2d(self.padded(x, -math.inf), self.kernel_size, self.stride)


class AvgPool2d(_Pool2d):
    """The mean of each window, zeros of the padding included."""

    def pool(self, x: Tensor) -> Tensor:
        return ops.average_pool2d(self.padded(x, 0.0), self.kernel_size, self.stride)


class BatchNorm2d(layers.BatchNormalization):
    """Each of `num_features` channels normalized over the batch and the pixels; momentum as in torch.

    running <- (1 - momentum) * running + momentum * batch, with the batch's biased variance (torch takes the
    unbiased one).
    """

    axis_of_channels = 1
    ndim = 4

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True
    ) -> None:
        check_counts(f"nn.{type(self).__name__}", 1, optional=False, num_features=num_features)
        super().__init__(1, 1.0 - momentum, eps, affine, affine)
        self.num_features = num_features
        self.build((None, num_features, *(None,) * (self.ndim - 2)))


class BatchNorm1d(BatchNorm2d):
    """Each of `num_features` columns of (n, num_features) normalized over the batch."""

    ndim = 2


class Dropout(layers.Dropout):
    """Values dropped with probability `p` in training, survivors times 1 / (1 - p)."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)


class Flatten(TensorLayer):
    """(n, a, b, ...) -> (n, a * b * ...), read in the order channels, rows, columns.

    >>> from afina import zeros
    >>> Flatten()(zeros((2, 3, 4, 4))).shape
    (2, 48)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def call(self, inputs: Tensor) -> Tensor:
        """The axes from start_dim to end_dim as one."""
        first, last = (d + inputs.ndim if d < 0 else d for d in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < inputs.ndim:
            raise ArgumentError(
                f"nn.Flatten: start_dim and end_dim must be axes in order, got {self.start_dim} and "
                f"{self.end_dim} for shape {inputs.shape}"
            )
        shape = inputs.shape
        return ops.reshape(inputs, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


class Embedding(layers.Embedding):
    """Rows of a table, N(0, 1) at first: (...) ints -> (..., embedding_dim)."""

    def __init__(self, num_embeddings: int, embedding_dim: int) -> None:
        super().__init__(num_embeddings, embedding_dim, initializers.RandomNormal(0.0, 1.0))
        self.build((None,))


class Softmax(layers.Softmax):
    """exp(x - max) / sum along `dim`."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__(axis=dim)


class LeakyReLU(layers.LeakyReLU):
    """x where x > 0, negative_slope * x elsewhere (0.01, where Keras has 0.3)."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__(negative_slope)


class ReLU(layers.ReLU):
    """max(0, x)."""

    def __init__(self, inplace: bool = False) -> None:
        del inplace  # torch's hint to save memory; nothing is overwritten here
        super().__init__()


class ELU(layers.ELU):
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""


class _Function(layers.Activation):
    """An activation without arguments."""

    function = "linear"

    def __init__(self) -> None:
        super().__init__(self.function)


class Sigmoid(_Function):
    """1 / (1 + exp(-x))."""

    function = "sigmoid"


class Tanh(_Function):
    """tanh(x)."""

    function = "tanh"


class GELU(_Function):
    """x * Phi(x)."""

    function = "gelu"


class SiLU(_Function):
    """x * sigmoid(x)."""

    function = "silu"


class Identity(_Function):
    """x."""
