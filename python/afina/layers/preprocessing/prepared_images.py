"""What a network expects of the pixels it is given: the scale of its pretraining, kept in the model (D4)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._C import Tensor
from ...errors import ArgumentError, DTypeError, ShapeError
from ...refusal import numbers
from ...registry import register
from ..input_spec import InputSpec
from ..layer import TensorLayer
from ..symbolic import SymbolicShape

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Scale:
    """x -> (x - mean) / deviation for channels 0..255 in the order red, green, blue, or the other way."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    reverse: bool = False  # blue, green, red

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest value that a pixel can have."""
        pairs = list(zip(self.mean, self.deviation, strict=True))
        return min(-m / d for m, d in pairs), max((255 - m) / d for m, d in pairs)

    def describe(self) -> str:
        """In words, for messages."""
        low, high = self.range
        order = "blue, green, red" if self.reverse else "red, green, blue"
        mean, deviation = ([round(v, 3) for v in part] for part in (self.mean, self.deviation))
        return f"{order} as (x - {mean}) / {deviation} of 0..255, that is from {low:.4g} to {high:.4g}"


# Keras's names, and "lite" for EfficientNet-Lite.
SCALES = {
    "raw": Scale((0.0,) * 3, (1.0,) * 3),
    "tf": Scale((127.5,) * 3, (127.5,) * 3),
    "torch": Scale((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "caffe": Scale((103.939, 116.779, 123.68), (1.0,) * 3, reverse=True),
    "lite": Scale((127.0,) * 3, (128.0,) * 3),
}
BEYOND = 8  # times the range: augmentation may leave it a little, pixels of the wrong scale by far
CHECKED_CALLS = 3  # the first batches are looked at, later ones pass at once


@register
class PreparedImages(TensorLayer):
    """Hands RGB images (n, h, w, 3) on, and warns when they cannot have been scaled as `mode` says.

    `mode`: "torch" ((x / 255 - mean) / deviation of ImageNet), "tf" (x / 127.5 - 1), "caffe" (blue, green,
    red, less their means), "lite" ((x - 127) / 128) or "raw" (0 to 255). `prepare(images)` does the scaling.
    The layer stands behind the Input of every network of `afina.applications`, so a saved model knows what
    it was trained on. A wrong number of channels is a `ShapeError`; values on another scale are a
    `UserWarning`, looked for in the first three batches.

    >>> layer = PreparedImages("tf")
    >>> layer.prepare(np.array([[[0, 255, 255]]])).tolist()
    [[[-1.0, 1.0, 1.0]]]
    """

    _same_shape = True

    def __init__(self, mode: str = "torch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in SCALES:
            raise ArgumentError(f"{self.label}: mode must be one of {list(SCALES)}, got {mode!r}")
        self.mode = mode
        self.input_spec = InputSpec(ndim=4)
        self._calls = 0

    def build(self, input_shape: SymbolicShape) -> None:
        """No weights; the number of channels is checked."""
        if input_shape[-1] not in (3, None) and self.mode != "raw":
            raise ShapeError(
                f"{self.label}: expects images (n, h, w, 3), {SCALES[self.mode].describe()}; "
                f"got shape {tuple(input_shape)}"
            )

    def call(self, inputs: Tensor) -> Tensor:
        """The images as they are."""
        if self._calls < CHECKED_CALLS and inputs.size:
            self._calls += 1
            self._look(inputs)
        return inputs

    def _look(self, inputs: Tensor) -> None:
        least, most = inputs.min().item(), inputs.max().item()
        low, high = SCALES[self.mode].range
        beyond = least < BEYOND * min(low, -1) or most > BEYOND * high
        fraction = self.mode != "raw" and least >= 0 and most <= 1 and most > least
        flat = high > 100 and max(abs(least), abs(most)) <= 3 and most > least
        if beyond or fraction or flat:
            warnings.warn(
                f"{self.label}: expects {SCALES[self.mode].describe()}; got values from {least:.4g} to "
                f"{most:.4g}. afina.applications.prepare(model, images) scales images of 0 to 255",
                stacklevel=6,
            )

    def prepare(self, images: Any) -> Array:
        """RGB images (h, w, 3) or (n, h, w, 3) of 0 to 255 on the scale of `mode`, as float32.

        Floating images that lie in 0 to 1 get a warning: they have been divided by 255 already.
        """
        return scale_images(images, self.mode, self.label)


def scale_images(images: Any, mode: str = "torch", who: str = "preprocess_input") -> Array:
    """RGB images (..., 3) of 0 to 255 on the scale named `mode` (see `PreparedImages`), as float32.

    >>> scale_images(np.full((1, 1, 3), 255, "uint8"), "lite").tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    if mode not in SCALES:
        raise ArgumentError(f"{who}: mode must be one of {list(SCALES)}, got {mode!r}")
    given = np.asarray(numbers(who, "images", images))
    if given.dtype.kind not in "uif":
        raise DTypeError(f"{who}: images must be numbers from 0 to 255, got an array of {given.dtype}")
    if given.ndim not in (3, 4) or given.shape[-1] != 3:
        raise ShapeError(f"{who}: images must be (h, w, 3) or (n, h, w, 3), RGB, got shape {given.shape}")
    if given.dtype.kind == "f" and given.size and given.min() >= 0 and 0 < given.max() <= 1:
        warnings.warn(
            f"{who}: expects pixels from 0 to 255, got {given.min():.4g} to {given.max():.4g}; "
            "multiply by 255 first",
            stacklevel=3,
        )
    scale = SCALES[mode]
    x = given.astype(np.float32)
    if scale.reverse:
        x = x[..., ::-1]
    mean, deviation = (np.array(part, np.float32) for part in (scale.mean, scale.deviation))
    return np.ascontiguousarray((x - mean) / deviation, dtype=np.float32)
