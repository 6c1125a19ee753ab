"""Photos of any size and kind made what a given model was trained on (K7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.preprocessing.image import resize
from ..errors import ArgumentError, ShapeError
from ..layers import PreparedImages
from ..refusal import numbers


def prepare(model: Any, images: Any, *, fit: str = "crop", mode: str | None = None) -> npt.NDArray[Any]:
    """Images of 0 to 255 as the float32 batch (n, height, width, 3) that `model` expects.

    `images`: (h, w), (h, w, c), (n, h, w), (n, h, w, c), or a list of images of any sizes; grey ones get
    three equal channels, a fourth channel (alpha) is dropped. `fit`: "crop" (the middle in the model's
    aspect ratio), "pad" or "stretch". The scale is that of the model's `PreparedImages` layer, which a model
    with pretrained weights has and keeps when saved, or `mode` (see `PreparedImages`). Needs the extra `data`
    (Pillow) where sizes differ.

    >>> from afina.applications import MobileNetV2
    >>> model = MobileNetV2(weights=None, input_shape=(96, 96, 3), alpha=0.35)
    >>> prepare(model, np.zeros((2, 120, 100, 3), "uint8"), mode="torch").shape
    (2, 96, 96, 3)
    """
    layer = next((one for one in model.flatten_layers() if isinstance(one, PreparedImages)), None)
    if layer is None and mode is None:
        raise ArgumentError(f"prepare: {model.label} does not know its scale; give mode=")
    scaling = PreparedImages(mode) if mode is not None else layer
    assert scaling is not None
    height, width = model.input_shape[1:3]
    pictures = [_rgb(image) for image in _each(images)]
    if height is not None and width is not None:
        pictures = [
            image if image.shape[:2] == (height, width) else resize(image, (height, width), fit=fit)
            for image in pictures
        ]
    return scaling.prepare(np.stack(pictures))


def _each(images: Any) -> list[Any]:
    """One image or many, as a list of images."""
    if isinstance(images, list | tuple):
        return list(images)
    array = np.asarray(numbers("prepare", "images", images))
    single = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3, 4))
    return [array] if single else list(array)


def _rgb(image: Any) -> npt.NDArray[Any]:
    """Three channels."""
    array = np.asarray(numbers("prepare", "images", image))
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4):
        raise ShapeError(f"prepare: an image must be (h, w) or (h, w, 1, 3 or 4), got shape {array.shape}")
    return np.repeat(array, 3, axis=-1) if array.shape[-1] == 1 else array[..., :3]
