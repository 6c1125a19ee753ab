"""Images brought to one size inside a model: by resampling, or by cutting out the middle."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...config import standardize_data_format
from ...errors import ArgumentError, ShapeError
from ...refusal import shown
from ...registry import register
from ...tensor import tensor
from ..arguments import check_positive
from ..input_spec import InputSpec
from ..layer import TensorLayer
from ..symbolic import SymbolicShape


class _Sized(TensorLayer):
    """Images (n, h, w, c) become (n, height, width, c)."""

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive(self.label, height=height, width=width)
        self.height = height
        self.width = width
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def _floating(self, inputs: Tensor) -> Tensor:
        return inputs if inputs.dtype == self.dtype else ops.cast(inputs, self.dtype)

    def _last(self, x: Tensor) -> Tensor:
        return ops.transpose(x, (0, 2, 3, 1)) if self.data_format == "channels_first" else x

    def _back(self, y: Tensor) -> Tensor:
        return ops.transpose(y, (0, 3, 1, 2)) if self.data_format == "channels_first" else y

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The height and width asked for."""
        if self.data_format == "channels_first":
            return (*input_shape[:2], self.height, self.width)
        return (input_shape[0], self.height, self.width, input_shape[3])


@register
class CenterCrop(_Sized):
    """The middle height x width of each image; images that are smaller are a `ShapeError`.

    >>> CenterCrop(2, 2)(np.zeros((1, 6, 6, 3), "float32")).shape
    (1, 2, 2, 3)
    """

    def call(self, inputs: Tensor) -> Tensor:
        """The middle."""
        x = self._last(inputs)
        top, left = x.shape[1] - self.height, x.shape[2] - self.width
        if top < 0 or left < 0:
            raise ShapeError(
                f"{self.label}: {self.height} x {self.width} does not fit into inputs of shape {inputs.shape}"
            )
        starts = [0, top // 2, left // 2, 0]
        stops = [x.shape[0], starts[1] + self.height, starts[2] + self.width, x.shape[3]]
        return self._back(ops.slice(x, starts, stops, [1] * 4))


@register
class Resizing(_Sized):
    """Images resampled to height x width: y = R x C', with one row of weights for each new row and column.

    `interpolation`: "bilinear" or "nearest", pixel centres at half units. `antialias` widens the triangle of
    "bilinear" when shrinking, as Pillow does. `crop_to_aspect_ratio` cuts the middle out first,
    `pad_to_aspect_ratio` pads with `fill_value`; otherwise images are stretched. Gradients flow; integers
    become the layer's dtype.

    >>> Resizing(1, 2)(np.array([[[[0.0], [2.0], [4.0], [6.0]]]])).numpy().ravel().tolist()
    [1.0, 5.0]
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, **kwargs)
        if interpolation not in ("bilinear", "nearest"):
            raise ArgumentError(
                f"{self.label}: interpolation must be 'bilinear' or 'nearest', got {shown(interpolation)}"
            )
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ArgumentError(
                f"{self.label}: crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other"
            )
        if not np.isfinite(fill_value):
            raise ArgumentError(f"{self.label}: fill_value must be finite, got {fill_value}")
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = bool(crop_to_aspect_ratio)
        self.pad_to_aspect_ratio = bool(pad_to_aspect_ratio)
        self.fill_value = float(fill_value)
        self.antialias = bool(antialias)

    def call(self, inputs: Tensor) -> Tensor:
        """The images at their new size."""
        x = self._fitted(self._last(self._floating(inputs)))
        n, height, width, channels = x.shape
        if 0 in (height, width):
            raise ShapeError(f"{self.label}: inputs of shape {inputs.shape} have no pixels")
        rows = tensor(self._weights(height, self.height).astype(self.dtype))
        columns = tensor(self._weights(width, self.width).astype(self.dtype))
        y = ops.matmul(rows, x.reshape(n, height, width * channels))
        y = ops.matmul(columns, y.reshape(n * self.height, width, channels))
        return self._back(y.reshape(n, self.height, self.width, channels))

    def _fitted(self, x: Tensor) -> Tensor:
        """Cropped or padded to the new aspect ratio."""
        _, height, width, channels = x.shape
        ratio = self.width / self.height
        if self.crop_to_aspect_ratio:
            rows, columns = min(height, round(width / ratio)), min(width, round(height * ratio))
            starts = [0, (height - rows) // 2, (width - columns) // 2, 0]
            stops = [x.shape[0], starts[1] + rows, starts[2] + columns, channels]
            return ops.slice(x, starts, stops, [1] * 4)
        if self.pad_to_aspect_ratio:
            rows, columns = max(height, round(width / ratio)), max(width, round(height * ratio))
            margins = [
                ((size - old) // 2, size - old - (size - old) // 2)
                for size, old in ((rows, height), (columns, width))
            ]
            return ops.pad(x, [(0, 0), *margins, (0, 0)], self.fill_value)
        return x

    def _weights(self, old: int, new: int) -> np.ndarray[Any, Any]:
        """(new, old): the share of each old pixel in each new one."""
        scale = old / new
        centre = (np.arange(new) + 0.5) * scale
        if self.interpolation == "nearest":
            return np.asarray(np.eye(old)[np.minimum(centre.astype(int), old - 1)])
        support = max(scale, 1.0) if self.antialias else 1.0
        if self.antialias:  # a triangle cut off at the border, its weights scaled to add up to 1
            distance = np.abs(np.arange(old) + 0.5 - centre[:, None]) / support
            weights = np.maximum(0.0, 1.0 - distance)
            return np.asarray(weights / weights.sum(axis=1, keepdims=True))
        place = np.clip(centre - 0.5, 0, old - 1)
        return np.asarray(np.maximum(0.0, 1.0 - np.abs(np.arange(old) - place[:, None])))
