"""Layers that move values about and change none."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..errors import ArgumentError, ShapeError
from ..registry import register
from .arguments import check_positive
from .input_spec import InputSpec
from .layer import TensorLayer
from .spatial import Pair, in_layout, join_shape, pair, split_shape
from .symbolic import SymbolicShape


class _Moves(TensorLayer):
    """The dtype of the output is that of the input."""

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with the input's dtype."""
        output = super().compute_output_spec(inputs, *args, **kwargs)
        output.dtype = inputs.dtype
        return output


@register
class Flatten(_Moves):
    """(n, a, b, ...) -> (n, a * b * ...); channels_first images are read in channels_last order, as in Keras.

    >>> import numpy as np
    >>> Flatten()(np.zeros((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        """All axes but the batch as one."""
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = ops.transpose(inputs, (0, *range(2, inputs.ndim), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, product of the rest)."""
        sizes = [size for size in input_shape[1:] if size is not None]
        known = len(sizes) == len(input_shape) - 1
        return (input_shape[0], math.prod(sizes) if known else None)


@register
class Reshape(_Moves):
    """(n, ...) -> (n, *target_shape); one size may be -1."""

    input_spec = InputSpec(min_ndim=1)

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        if sum(size == -1 for size in self.target_shape) > 1 or any(
            not isinstance(size, int) or size < -1 for size in self.target_shape
        ):
            raise ArgumentError(
                f"{self.label}: target_shape must hold ints, at most one of them -1, got {self.target_shape}"
            )

    def call(self, inputs: Tensor) -> Tensor:
        """The same values under another shape."""
        shape = self.compute_output_shape(inputs.shape)
        return ops.reshape(inputs, tuple([0 if size is None else size for size in shape]))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, *target_shape) with -1 resolved."""
        sizes = [size for size in input_shape[1:] if size is not None]
        if len(sizes) < len(input_shape) - 1:
            return (input_shape[0], *[None if size == -1 else size for size in self.target_shape])
        total, wanted = math.prod(sizes), math.prod([size for size in self.target_shape if size != -1])
        fits = total % wanted == 0 if -1 in self.target_shape and wanted else total == wanted
        if not fits:
            raise ShapeError(
                f"{self.label}: inputs of shape {tuple(input_shape)} hold {total} values a sample, which "
                f"do not fit target_shape {self.target_shape}"
            )
        return (input_shape[0], *[total // wanted if size == -1 else size for size in self.target_shape])


@register
class Permute(_Moves):
    """Reorders the axes after the batch; `dims` counts from 1: Permute((2, 1)) swaps two."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ArgumentError(
                f"{self.label}: dims must be a permutation of 1..{len(self.dims)}, got {self.dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        """The axes in the order of `dims`."""
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The sizes in the order of `dims`."""
        return (input_shape[0], *[input_shape[axis] for axis in self.dims])


@register
class RepeatVector(_Moves):
    """(n, k) -> (n, times, k), every row `n` times."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive(self.label, n=n)
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        """Each row n times."""
        rows, columns = inputs.shape
        return ops.broadcast_to(ops.reshape(inputs, (rows, 1, columns)), (rows, self.n, columns))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """(n, times, k)."""
        return (input_shape[0], self.n, input_shape[1])


def _borders(owner: str, argument: str, value: Any) -> tuple[Pair, Pair]:
    """((top, bottom), (left, right)) from an int, (height, width) or the four numbers in two pairs."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(v, list | tuple) for v in value)
    ):
        return pair(owner, argument, value[0], 0), pair(owner, argument, value[1], 0)
    height, width = pair(owner, argument, value, 0)
    return (height, height), (width, width)


@register
class ZeroPadding2D(_Moves):
    """A border of zeros; `padding` is an int, (height, width) or ((top, bottom), (left, right))."""

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.padding = _borders(self.label, "padding", padding)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        """The image with its border."""
        rows, columns = self.padding
        if self.data_format == "channels_first":
            return ops.pad(inputs, ((0, 0), (0, 0), rows, columns))
        return ops.pad(inputs, ((0, 0), rows, columns, (0, 0)))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Height and width grow by their borders."""
        batch, height, width, channels = split_shape(input_shape, self.data_format)
        rows, columns = sum(self.padding[0]), sum(self.padding[1])
        height, width = height and height + rows, width and width + columns
        return join_shape(batch, height, width, channels, self.data_format)


@register
class Cropping2D(_Moves):
    """Cuts a border away; `cropping` is an int, (height, width) or ((top, bottom), (left, right))."""

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.cropping = _borders(self.label, "cropping", cropping)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        """The inner part of the image."""
        self.compute_output_shape(inputs.shape)
        (top, bottom), (left, right) = self.cropping
        _, height, width, _ = split_shape(inputs.shape, self.data_format)
        rows = slice(top, (height or 0) - bottom)
        columns = slice(left, (width or 0) - right)
        if self.data_format == "channels_first":
            return inputs[:, :, rows, columns]
        return inputs[:, rows, columns, :]

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Height and width shrink by their borders."""
        batch, height, width, channels = split_shape(input_shape, self.data_format)
        rows, columns = sum(self.cropping[0]), sum(self.cropping[1])
        if (height is not None and height <= rows) or (width is not None and width <= columns):
            raise ShapeError(
                f"{self.label}: cropping {self.cropping} leaves nothing of shape {tuple(input_shape)}"
            )
        height, width = height and height - rows, width and width - columns
        return join_shape(batch, height, width, channels, self.data_format)


@register
class UpSampling2D(_Moves):
    """Every pixel becomes a block of size[0] x size[1] equal pixels (nearest neighbour)."""

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if interpolation != "nearest":
            raise ArgumentError(f"{self.label}: interpolation must be 'nearest', got {interpolation!r}")
        self.size = pair(self.label, "size", size)
        self.data_format = standardize_data_format(data_format)
        self.interpolation = interpolation
        self.input_spec = InputSpec(ndim=4)

    def _repeat(self, x: Tensor) -> Tensor:
        batch, height, width, channels = x.shape
        rows, columns = self.size
        blocks = ops.reshape(x, (batch, height, 1, width, 1, channels))
        blocks = ops.broadcast_to(blocks, (batch, height, rows, width, columns, channels))
        return ops.reshape(blocks, (batch, height * rows, width * columns, channels))

    def call(self, inputs: Tensor) -> Tensor:
        """The enlarged image."""
        return in_layout(self.data_format, self._repeat, inputs)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Height and width times `size`."""
        batch, height, width, channels = split_shape(input_shape, self.data_format)
        height, width = height and height * self.size[0], width and width * self.size[1]
        return join_shape(batch, height, width, channels, self.data_format)
