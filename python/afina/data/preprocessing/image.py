"""Images of any size brought to one aspect ratio, one size and one scale (D4)."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArgumentError, FileFormatError, ShapeError
from ...refusal import numbers, shown
from ...utils.optional import import_optional

Array = npt.NDArray[Any]
METHODS = ("nearest", "bilinear", "bicubic", "lanczos")
FITS = ("stretch", "crop", "pad")


def crop_to_aspect(image: Any, ratio: float = 1.0) -> Array:
    """The largest middle part of an image (h, w) or (h, w, c) whose width / height is `ratio`.

    >>> crop_to_aspect(np.zeros((4, 6, 3))).shape
    (4, 4, 3)
    """
    picture = _image("crop_to_aspect", image)
    height, width = picture.shape[:2]
    wide = _ratio("crop_to_aspect", ratio)
    rows, columns = min(height, max(1, round(width / wide))), min(width, max(1, round(height * wide)))
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[top : top + rows, left : left + columns]


def pad_to_aspect(image: Any, ratio: float = 1.0, fill_value: float = 0.0) -> Array:
    """An image (h, w) or (h, w, c) in the middle of the smallest one whose width / height is `ratio`.

    >>> pad_to_aspect(np.ones((4, 6)))[:, 0].tolist()
    [0.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    """
    picture = _image("pad_to_aspect", image)
    height, width = picture.shape[:2]
    wide = _ratio("pad_to_aspect", ratio)
    rows, columns = max(height, round(width / wide)), max(width, round(height * wide))
    real = isinstance(fill_value, (int, float, np.integer, np.floating))
    if not real or not math.isfinite(fill_value):
        raise ArgumentError(f"pad_to_aspect: fill_value must be a finite number, got {shown(fill_value)}")
    padded = np.full((rows, columns, *picture.shape[2:]), fill_value, picture.dtype)
    top, left = (rows - height) // 2, (columns - width) // 2
    padded[top : top + height, left : left + width] = picture
    return padded


def resize(image: Any, size: tuple[int, int], *, method: str = "bilinear", fit: str = "stretch") -> Array:
    """An image (h, w) or (h, w, c) at `size` = (height, width), in its own dtype, by Pillow.

    `method`: "nearest", "bilinear", "bicubic" or "lanczos", widened when shrinking: nothing is skipped.
    `fit`: "stretch", or "crop" or "pad" to the new aspect ratio first. Needs Pillow (the extra `data`).
    `afina.layers.Resizing` is the layer.

    >>> resize(np.zeros((4, 6, 3), "uint8"), (2, 2), fit="crop").shape
    (2, 2, 3)
    """
    picture = _image("resize", image)
    _one_of("resize", "method", method, METHODS)
    _one_of("resize", "fit", fit, FITS)
    height, width = checked_size("resize", size)
    if fit != "stretch":
        picture = (crop_to_aspect if fit == "crop" else pad_to_aspect)(picture, width / height)
    pillow = import_optional("PIL.Image", "resizing an image")
    kind = picture.dtype
    planes = picture.reshape(*picture.shape[:2], -1)
    resized = [
        np.asarray(
            pillow.fromarray(np.ascontiguousarray(planes[:, :, c], np.float32)).resize(
                (width, height), getattr(pillow.Resampling, method.upper())
            )
        )
        for c in range(planes.shape[2])
    ]
    found = np.stack(resized, axis=-1).reshape(height, width, *picture.shape[2:])
    if kind.kind in "iub":
        limits = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
        found = np.clip(np.rint(found), *limits)
    return found.astype(kind)


def load_image(
    path: str | os.PathLike[str],
    size: tuple[int, int] | None = None,
    *,
    color_mode: str = "rgb",
    method: str = "bilinear",
    fit: str = "stretch",
) -> Array:
    """A picture file as uint8 (h, w, 3), or (h, w, 1) for `color_mode` "grayscale", (h, w, 4) for "rgba".

    `size`, `method`, `fit` as in `resize`. The camera's orientation is respected. Needs Pillow; a file
    that is no picture is a `FileFormatError`.
    """
    modes = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
    _one_of("load_image", "color_mode", color_mode, tuple(modes))
    pillow = import_optional("PIL.Image", "reading an image")
    operations = import_optional("PIL.ImageOps", "reading an image")
    try:
        with pillow.open(path) as opened:
            picture = np.asarray(operations.exif_transpose(opened).convert(modes[color_mode]))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
        raise FileFormatError(f"load_image: {os.fspath(path)!r} is no picture: {error}") from error
    picture = picture[:, :, None] if picture.ndim == 2 else picture
    return picture if size is None else resize(picture, size, method=method, fit=fit)


def checked_size(who: str, size: Any) -> tuple[int, int]:
    """(height, width) as two positive ints, or `ArgumentError` naming `who`.

    >>> checked_size("resize", [3, 4])
    (3, 4)
    """
    pair = size if isinstance(size, (tuple, list)) else ()
    if len(pair) != 2 or any(
        isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1 for n in pair
    ):
        raise ArgumentError(f"{who}: size must be (height, width), positive ints, got {shown(size)}")
    return int(pair[0]), int(pair[1])


def _one_of(who: str, name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(f"{who}: {name} must be one of {allowed}, got {shown(value)}")


def _ratio(who: str, ratio: Any) -> float:
    real = isinstance(ratio, (int, float, np.integer, np.floating)) and not isinstance(ratio, bool)
    if not real or not 1e-4 <= ratio <= 1e4:
        raise ArgumentError(f"{who}: ratio must be a number in [0.0001, 10000], got {shown(ratio)}")
    return float(ratio)


def _image(who: str, image: Any) -> Array:
    array = np.asarray(numbers(who, "image", image))
    if array.ndim not in (2, 3) or array.size == 0:
        raise ShapeError(f"{who}: image must be (h, w) or (h, w, c) with pixels, got shape {array.shape}")
    return array
