"""More steps and pixels."""

from __future__ import annotations

from typing import Any

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..errors import ArgumentError
from ..registry import register
from .input_spec import InputSpec
from .reshaping import MovingLayer
from .spatial import in_layout, join_shape, pair, sizes, split_shape
from .symbolic import SymbolicShape


def _repeated(x: Tensor, rows: int, columns: int) -> Tensor:
    """Every pixel of an image as a block of rows x columns."""
    batch, height, width, channels = x.shape
    blocks = ops.reshape(x, (batch, height, 1, width, 1, channels))
    blocks = ops.broadcast_to(blocks, (batch, height, rows, width, columns, channels))
    return ops.reshape(blocks, (batch, height * rows, width * columns, channels))


@register
class UpSampling1D(MovingLayer):
    """Every step `size` times: (n, steps, c) -> (n, steps * size, c).

    >>> UpSampling1D(2)([[[1.0], [2.0]]]).tolist()
    [[[1.0], [1.0], [2.0], [2.0]]]
    """

    def __init__(self, size: Any = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        (self.size,) = sizes(self.label, "size", size, 1)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        """Each step `size` times."""
        return in_layout("channels_last", lambda x: _repeated(x, 1, self.size), inputs, 1)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Steps times `size`."""
        batch, steps, channels = input_shape
        return (batch, None if steps is None else steps * self.size, channels)


@register
class UpSampling2D(MovingLayer):
    """size[0] x size[1] pixels for every one: equal ones ("nearest"), or "bilinear" between the neighbours.

    >>> UpSampling2D((1, 2), interpolation="bilinear")([[[[0.0], [4.0]]]]).tolist()
    [[[[0.0], [1.0], [3.0], [4.0]]]]
    """

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if interpolation not in ("nearest", "bilinear"):
            raise ArgumentError(
                f"{self.label}: interpolation must be 'nearest' or 'bilinear', got {interpolation!r}"
            )
        self.size = pair(self.label, "size", size)
        self.data_format = standardize_data_format(data_format)
        self.interpolation = interpolation
        self.input_spec = InputSpec(ndim=4)

    def _enlarged(self, x: Tensor) -> Tensor:
        rows, columns = self.size
        if self.interpolation == "nearest":
            return _repeated(x, rows, columns)
        return ops.resize2d(x, (x.shape[1] * rows, x.shape[2] * columns), "bilinear")

    def call(self, inputs: Tensor) -> Tensor:
        """The enlarged image."""
        return in_layout(self.data_format, self._enlarged, inputs)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """Height and width times `size`."""
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        larger = [None if n is None else n * size for n, size in zip(spatial, self.size, strict=True)]
        return join_shape(batch, tuple(larger), channels, self.data_format)
