"""Arithmetic shared by the layers on images: pairs, output lengths, layouts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from .symbolic import SymbolicShape, SymbolicTensor

Pair = tuple[int, int]

# layers that keep the meaning of the axes: a look back for the layout goes through them
_KEEPS_AXES = frozenset(
    [
        "Activation",
        "Add",
        "Average",
        "AveragePooling2D",
        "BatchNormalization",
        "Cropping2D",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "GroupNormalization",
        "InstanceNormalization",
        "LeakyReLU",
        "Maximum",
        "Minimum",
        "Multiply",
        "PReLU",
        "ReLU",
        "Rescaling",
        "Softmax",
        "SpatialDropout2D",
        "Subtract",
    ]
)


def pair(owner: str, argument: str, value: Any, least: int = 1) -> Pair:
    """An int or two ints as two ints of at least `least`.

    >>> pair("Conv2D", "strides", 2)
    (2, 2)
    """
    values = (value, value) if isinstance(value, int) else value
    if (
        not isinstance(values, list | tuple)
        or len(values) != 2
        or any(not isinstance(v, int) or isinstance(v, bool) or not least <= v < 2**31 for v in values)
    ):
        raise ArgumentError(
            f"{owner}: {argument} must be an int or two ints of at least {least} and below 2**31, "
            f"got {value!r}"
        )
    return (values[0], values[1])


def padding_word(owner: str, padding: Any) -> str:
    """'valid' or 'same', in lower case."""
    word = padding.lower() if isinstance(padding, str) else padding
    if word not in ("valid", "same"):
        raise ArgumentError(f"{owner}: padding must be 'valid' or 'same', got {padding!r}")
    return str(word)


def output_length(
    length: int | None, kernel: int, stride: int, padding: str, dilation: int = 1
) -> int | None:
    """Positions of a window along one axis: ceil(n / s) for 'same', ceil((n - reach) / s) for 'valid'."""
    if length is None:
        return None
    reach = (kernel - 1) * dilation
    return -(-(length if padding == "same" else length - reach) // stride)


def channels_axis(data_format: str) -> int:
    """-1 for channels_last, 1 for channels_first."""
    return 1 if data_format == "channels_first" else -1


def split_shape(
    shape: SymbolicShape, data_format: str
) -> tuple[int | None, int | None, int | None, int | None]:
    """(batch, height, width, channels) of a shape in either layout."""
    if data_format == "channels_first":
        return shape[0], shape[2], shape[3], shape[1]
    return shape[0], shape[1], shape[2], shape[3]


def join_shape(
    batch: int | None, height: int | None, width: int | None, channels: int | None, data_format: str
) -> SymbolicShape:
    """The inverse of split_shape."""
    if data_format == "channels_first":
        return (batch, channels, height, width)
    return (batch, height, width, channels)


def window_output_shape(
    owner: str,
    shape: SymbolicShape,
    data_format: str,
    window: Pair,
    strides: Pair,
    padding: str,
    *,
    dilation: Pair = (1, 1),
    channels: int | None = None,
) -> SymbolicShape:
    """Shape after a convolution or pooling; ShapeError when the window is larger than the image."""
    batch, height, width, before = split_shape(shape, data_format)
    rows = output_length(height, window[0], strides[0], padding, dilation[0])
    columns = output_length(width, window[1], strides[1], padding, dilation[1])
    if (rows is not None and rows < 1) or (columns is not None and columns < 1):
        raise ShapeError(
            f"{owner}: a window of {window} (dilation {dilation}) does not fit into inputs of "
            f"{height} x {width} pixels, shape {shape}, data_format {data_format}"
        )
    return join_shape(batch, rows, columns, before if channels is None else channels, data_format)


def to_channels_last(x: Tensor) -> Tensor:
    """(n, c, h, w) as (n, h, w, c)."""
    return ops.transpose(x, (0, 2, 3, 1))


def to_channels_first(x: Tensor) -> Tensor:
    """(n, h, w, c) as (n, c, h, w)."""
    return ops.transpose(x, (0, 3, 1, 2))


def in_layout(data_format: str, kernel: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`kernel`, which works on channels-last images, applied to `x` in the layout `data_format`."""
    if data_format == "channels_last":
        return kernel(x)
    return to_channels_first(kernel(to_channels_last(x)))


def warn_of_mixed_layouts(layer: Any, inputs: Any) -> None:
    """Warn when the image comes from a layer of the other layout: its channels are then read as pixels."""
    t = inputs
    while isinstance(t, SymbolicTensor):
        node = getattr(t, "node", None)
        if node is None:
            return
        layout = getattr(node.layer, "data_format", None)
        if layout is not None:
            if layout != layer.data_format:
                warnings.warn(
                    f"{layer.label} reads its inputs as {layer.data_format}, but {node.layer.label} before "
                    f"it makes {layout}: shape {t.shape} is taken with the channels as pixels. "
                    f"Give both the same data_format, or set afina.config.set_image_data_format.",
                    UserWarning,
                    stacklevel=4,
                )
            return
        if type(node.layer).__name__ not in _KEEPS_AXES or not node.parents:
            return
        t = node.parents[0]
