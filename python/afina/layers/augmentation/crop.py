"""Random crops in training, the middle in inference."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...errors import ShapeError
from ...registry import register
from ...tensor import tensor
from ..arguments import check_positive
from ..symbolic import SymbolicShape
from .base import Draws, ImageAugmentation


@register
class RandomCrop(ImageAugmentation):
    """A window of height x width at a random place in training, in the middle in inference (D0, D2).

    Images smaller than the window are a `ShapeError`. Pixels are moved, never changed.

    >>> RandomCrop(2, 2)(np.zeros((1, 6, 6, 3), "float32")).shape
    (1, 2, 2, 3)
    """

    _same_shape = False
    _moves_only = True

    def __init__(
        self, height: int, width: int, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        check_positive(self.label, height=height, width=width)
        self.height = height
        self.width = width

    def _check(self, inputs: Any) -> None:
        super()._check(inputs)
        first = self.data_format == "channels_first"
        height, width = inputs.shape[-2:] if first else inputs.shape[-3:-1]
        for name, size, wanted in (("height", height, self.height), ("width", width, self.width)):
            if size is not None and size < wanted:
                raise ShapeError(
                    f"{self.label}: {name} {wanted} does not fit into inputs of shape {tuple(inputs.shape)}"
                )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """A random window in training, the middle one otherwise."""
        self._check(inputs)
        if training and inputs.size > 0:
            return self.transformed(inputs, self.next_generator())
        first = self.data_format == "channels_first"
        rows, columns = (inputs.ndim - 2, inputs.ndim - 1) if first else (inputs.ndim - 3, inputs.ndim - 2)
        starts, stops = [0] * inputs.ndim, list(inputs.shape)
        for axis, wanted in ((rows, self.height), (columns, self.width)):
            starts[axis] = (inputs.shape[axis] - wanted) // 2
            stops[axis] = starts[axis] + wanted
        return ops.slice(inputs, starts, stops, [1] * inputs.ndim)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """The windows' first rows and columns."""
        top = generator.integers(0, shape[0] - self.height + 1, count)
        return {"top": top, "left": generator.integers(0, shape[1] - self.width + 1, count)}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """The windows."""
        n, height, width, channels = x.shape
        rows = (np.arange(n) * height + drawn["top"])[:, None] + np.arange(self.height)
        index = (rows * width + drawn["left"][:, None])[:, :, None] + np.arange(self.width)
        found = ops.gather(x.reshape(-1, channels), tensor(index.reshape(-1)))
        return found.reshape(n, self.height, self.width, channels)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The window's height and width."""
        if self.data_format == "channels_first":
            return (*input_shape[:-2], self.height, self.width)
        return (*input_shape[:-3], self.height, self.width, input_shape[-1])
