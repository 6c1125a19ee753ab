"""Arithmetic shared by the layers on sequences and images: sizes, output lengths, layouts.

A layer's rank is the number of its spatial axes: 1 for (n, steps, channels), 2 for (n, h, w, channels).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from .symbolic import SymbolicShape, SymbolicTensor

Pair = tuple[int, int]
Sizes = tuple[int, ...]
Padding = str | tuple[Pair, ...]  # a word, or zeros before and after each spatial axis

# layers that keep the meaning of the axes: a look back for the layout goes through them
_KEEPS_AXES = frozenset(
    [
        "Activation",
        "Add",
        "Average",
        "AveragePooling1D",
        "AveragePooling2D",
        "BatchNormalization",
        "Cropping1D",
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
        "SpatialDropout1D",
        "SpatialDropout2D",
        "Subtract",
    ]
)


def sizes(owner: str, argument: str, value: Any, rank: int, least: int = 1) -> Sizes:
    """An int, or one int for each of `rank` axes, as `rank` ints of at least `least`.

    >>> sizes("Conv2D", "strides", 2, rank=2)
    (2, 2)
    """
    values = (value,) * rank if isinstance(value, int) else value
    if (
        not isinstance(values, list | tuple)
        or len(values) != rank
        or any(not isinstance(v, int) or isinstance(v, bool) or not least <= v < 2**31 for v in values)
    ):
        several = " or two ints" if rank == 2 else ""
        raise ArgumentError(
            f"{owner}: {argument} must be an int{several} of at least {least} and below 2**31, got {value!r}"
        )
    return tuple(values)


def pair(owner: str, argument: str, value: Any, least: int = 1) -> Pair:
    """An int or two ints as two ints of at least `least`.

    >>> pair("ZeroPadding1D", "padding", 2, least=0)
    (2, 2)
    """
    first, second = sizes(owner, argument, value, 2, least)
    return first, second


def checked_padding(owner: str, padding: Any, rank: int, *, causal: bool = False) -> Padding:
    """'valid' or 'same', or where it is allowed 'causal', in lower case; or (before, after) for each axis."""
    word = padding.lower() if isinstance(padding, str) else padding
    if word in ("valid", "same", *(["causal"] if causal else [])):
        return str(word)
    pairs = word if isinstance(word, list | tuple) and len(word) == rank else ()
    if pairs and all(_is_margin(one) for one in pairs):
        return tuple([(one[0], one[1]) for one in pairs])
    words = "'valid', 'same' or 'causal'" if causal else "'valid' or 'same'"
    margins = "((top, bottom), (left, right))" if rank == 2 else "((before, after),)"
    raise ArgumentError(f"{owner}: padding must be {words}, or {margins} of ints, got {padding!r}")


def _is_margin(one: Any) -> bool:
    return (
        isinstance(one, list | tuple)
        and len(one) == 2
        and all(type(size) is int and 0 <= size < 2**31 for size in one)
    )


def image_padding(padding: Padding) -> Any:
    """The padding as the ops on images take it: a sequence is an image of height one."""
    return ((0, 0), padding[0]) if isinstance(padding, tuple) and len(padding) == 1 else padding


def output_length(
    length: int | None, kernel: int, stride: int, padding: str | Pair, dilation: int = 1
) -> int | None:
    """Positions of a window along one axis: ceil(n / s), for 'valid' ceil((n - reach) / s).

    With (before, after) zeros around, those count into n and the rule is that of 'valid'.
    """
    if length is None:
        return None
    reach = (kernel - 1) * dilation
    if not isinstance(padding, str):
        return -(-(length + sum(padding) - reach) // stride)
    return -(-(length - reach if padding == "valid" else length) // stride)


def channels_axis(data_format: str) -> int:
    """-1 for channels_last, 1 for channels_first."""
    return 1 if data_format == "channels_first" else -1


def split_shape(
    shape: SymbolicShape, data_format: str
) -> tuple[int | None, tuple[int | None, ...], int | None]:
    """(batch, spatial sizes, channels) of a shape in either layout."""
    if data_format == "channels_first":
        return shape[0], shape[2:], shape[1]
    return shape[0], shape[1:-1], shape[-1]


def join_shape(
    batch: int | None, spatial: tuple[int | None, ...], channels: int | None, data_format: str
) -> SymbolicShape:
    """The inverse of split_shape."""
    if data_format == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def window_output_shape(
    owner: str,
    shape: SymbolicShape,
    data_format: str,
    window: Sizes,
    strides: Sizes,
    padding: Padding,
    *,
    dilation: Sizes | None = None,
    channels: int | None = None,
) -> SymbolicShape:
    """Shape after a convolution or pooling; ShapeError when the window is larger than the image."""
    batch, spatial, before = split_shape(shape, data_format)
    dilation = dilation or (1,) * len(window)
    margins: Any = [padding] * len(window) if isinstance(padding, str) else padding
    lengths = tuple(
        output_length(*axis) for axis in zip(spatial, window, strides, margins, dilation, strict=True)
    )
    if any(length is not None and length < 1 for length in lengths):
        size = " x ".join(map(str, spatial))
        raise ShapeError(
            f"{owner}: a window of {window} (dilation {dilation}) does not fit into inputs of "
            f"{size} {'pixels' if len(window) == 2 else 'steps'}, shape {shape}, data_format {data_format}"
        )
    return join_shape(batch, lengths, before if channels is None else channels, data_format)


def to_channels_last(x: Tensor) -> Tensor:
    """(n, c, ...) as (n, ..., c)."""
    return ops.transpose(x, (0, *range(2, x.ndim), 1))


def to_channels_first(x: Tensor) -> Tensor:
    """(n, ..., c) as (n, c, ...)."""
    return ops.transpose(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))


def as_pair(size: Sizes) -> Pair:
    """Sizes along the spatial axes as height and width; one axis is the width."""
    return (1, size[0]) if len(size) == 1 else (size[0], size[1])


def in_layout(data_format: str, kernel: Callable[[Tensor], Tensor], x: Tensor, rank: int = 2) -> Tensor:
    """`kernel`, which works on channels-last images, applied to `x` in the layout `data_format`.

    Sequences (rank 1) are images of height one.
    """
    if data_format == "channels_first":
        return to_channels_first(in_layout("channels_last", kernel, to_channels_last(x), rank))
    if rank == 1:
        return ops.squeeze(kernel(ops.expand_dims(x, 1)), 1)
    return kernel(x)


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
