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
from .symbolic import SymbolicShape


class MovingLayer(TensorLayer):
    """The dtype of the output is that of the input."""

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As for every layer, with the input's dtype."""
        output = super().compute_output_spec(inputs, *args, **kwargs)
        output.dtype = inputs.dtype
        return output


@register
class Flatten(MovingLayer):
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
class Reshape(MovingLayer):
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
class Permute(MovingLayer):
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
class RepeatVector(MovingLayer):
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
