"""Keras's ImageDataGenerator: scaling and random changes of images on their way to `fit`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config import standardize_data_format
from ..data.loader import Loader
from ..errors import ArgumentError, NotBuiltError, ShapeError
from ..layers import augmentation
from ..layers.augmentation.arguments import interval, number
from ..refusal import numbers, shown
from ..utils.formatting import as_call

Array = npt.NDArray[Any]


class ImageDataGenerator:
    """Images scaled and changed at random, batch by batch, by Keras's arguments.

    Random, with one draw an image: `rotation_range` (degrees), `width_shift_range` and `height_shift_range`
    (shares of the size below 1, else pixels), `shear_range` (degrees), `zoom_range` (f for [1 - f, 1 + f]),
    `horizontal_flip`, `vertical_flip`: all of these one resampling with `fill_mode` and `cval`. Then
    `brightness_range` (low, high: factors) and `channel_shift_range` (in the images' units).

    Fixed, afterwards: `preprocessing_function` on each image, `rescale`, `samplewise_center`,
    `samplewise_std_normalization`, and by the statistics of `fit(x)`: `featurewise_center`,
    `featurewise_std_normalization`, `zca_whitening`. Images come out as float32. `validation_split`: the
    share of the rows, the first ones, that `flow(..., subset="validation")` gives.

    >>> images = ImageDataGenerator(rotation_range=15, horizontal_flip=True, rescale=1 / 255)
    >>> x, y = next(iter(images.flow(np.zeros((40, 8, 8, 3)), np.zeros(40), batch_size=32)))
    >>> x.shape, y.shape
    ((32, 8, 8, 3), (32,))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Array] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
    ) -> None:
        who = "ImageDataGenerator"
        self.data_format = standardize_data_format(data_format)
        self.featurewise_center = bool(featurewise_center)
        self.samplewise_center = bool(samplewise_center)
        self.featurewise_std_normalization = bool(featurewise_std_normalization)
        self.samplewise_std_normalization = bool(samplewise_std_normalization)
        self.zca_whitening = bool(zca_whitening)
        self.zca_epsilon = number(who, "zca_epsilon", zca_epsilon, 1e-12, 1e6)
        self.rescale = None if rescale is None else number(who, "rescale", rescale, -1e30, 1e30)
        if preprocessing_function is not None and not callable(preprocessing_function):
            raise ArgumentError(
                f"{who}: preprocessing_function must be a function, got {shown(preprocessing_function)}"
            )
        self.preprocessing_function = preprocessing_function
        self.validation_split = number(who, "validation_split", validation_split, 0, 0.999)
        self.rotation_range, self.shear_range, self.zoom_range = rotation_range, shear_range, zoom_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.horizontal_flip, self.vertical_flip = bool(horizontal_flip), bool(vertical_flip)
        self.fill_mode, self.cval = fill_mode, cval
        self.channel_shift_range = number(who, "channel_shift_range", channel_shift_range, 0, 1e6)
        self.brightness_range: tuple[float, float] | None = None
        if brightness_range is not None:
            self.brightness_range = interval(who, "brightness_range", brightness_range, 0, 1e3)
        self._shifts = [
            (name, number(who, name, value, 0, 1e6))
            for name, value in (
                ("height_shift_range", height_shift_range),
                ("width_shift_range", width_shift_range),
            )
        ]
        turn = number(who, "rotation_range", rotation_range, 0, 360) / 360
        slant = math.tan(math.radians(number(who, "shear_range", shear_range, 0, 44)))
        zoom = _zoom(who, zoom_range)
        fill: dict[str, Any] = {"fill_mode": fill_mode, "fill_value": cval, "data_format": "channels_last"}
        self._affine: list[Any] = []
        if turn:
            self._affine.append(augmentation.RandomRotation(turn, **fill))
        if slant:
            self._affine.append(augmentation.RandomShear(slant, **fill))
        if zoom != (1.0, 1.0):
            outward = (1 / zoom[1] - 1, 1 / zoom[0] - 1)
            self._affine.append(augmentation.RandomZoom(outward, outward, **fill))
        if horizontal_flip:
            self._affine.append(augmentation.RandomFlip("horizontal", data_format="channels_last"))
        if vertical_flip:
            self._affine.append(augmentation.RandomFlip("vertical", data_format="channels_last"))
        self._fill = fill
        self._pipelines: dict[tuple[int, int], augmentation.Pipeline | None] = {}
        augmentation.RandomRotation(0.0, **fill)  # refuses a fill that does not exist
        self.mean: Array | None = None
        self.std: Array | None = None
        self.whitening: Array | None = None

    def __repr__(self) -> str:
        return as_call(self)

    # --- what it does to a batch ---

    def random_transform(self, x: Any, generator: np.random.Generator) -> Array:
        """A batch (n, h, w, c) changed at random, as float32."""
        images = self._images("random_transform", x)
        pipeline = self._pipeline(images.shape[1], images.shape[2])
        if pipeline is not None:
            images = pipeline.augment(images, generator)
        if self.brightness_range is not None:
            gain = generator.uniform(*self.brightness_range, (len(images), 1, 1, 1))
            images = images * gain.astype(np.float32)
        if self.channel_shift_range:
            shape = (len(images), 1, 1, images.shape[-1])
            shift = generator.uniform(-self.channel_shift_range, self.channel_shift_range, shape)
            axes = (1, 2, 3)
            low, high = images.min(axes, keepdims=True), images.max(axes, keepdims=True)
            images = np.clip(images + shift.astype(np.float32), low, high)
        return self._given_back(images)

    def _pipeline(self, height: int, width: int) -> augmentation.Pipeline | None:
        """The affine changes for images of this size, None where there are none."""
        if (height, width) not in self._pipelines:
            shares = []
            for (name, shift), size in zip(self._shifts, (height, width), strict=True):
                if shift > size:
                    raise ArgumentError(f"ImageDataGenerator: {name}={shift} is more than the images' {size}")
                shares.append(shift if shift < 1 else shift / size)
            steps = list(self._affine)
            if any(shares):
                steps.insert(0, augmentation.RandomTranslation(shares[0], shares[1], **self._fill))
            self._pipelines[height, width] = augmentation.Pipeline(steps) if steps else None
        return self._pipelines[height, width]

    def standardize(self, x: Any) -> Array:
        """A batch scaled as the arguments say, as float32."""
        images = self._images("standardize", x)
        if self.preprocessing_function is not None:
            images = np.stack(
                [np.asarray(self.preprocessing_function(image), np.float32) for image in images]
            )
        if self.rescale is not None:
            images = images * np.float32(self.rescale)
        axes = (1, 2, 3)
        if self.samplewise_center:
            images = images - images.mean(axes, keepdims=True)
        if self.samplewise_std_normalization:
            images = images / (images.std(axes, keepdims=True) + np.float32(1e-6))
        if self.featurewise_center:
            images = images - self._measured("mean")
        if self.featurewise_std_normalization:
            images = images / (self._measured("std") + np.float32(1e-6))
        if self.zca_whitening:
            matrix = self._measured("whitening")
            flat = images.reshape(len(images), -1)
            if flat.shape[1] != len(matrix):
                raise ShapeError(
                    f"ImageDataGenerator: images of another size were fitted, got {images.shape}"
                )
            images = (flat @ matrix).reshape(images.shape)
        return self._given_back(images)

    def fit(self, x: Any) -> ImageDataGenerator:
        """Measure mean, standard deviation and, where asked for, the whitening matrix of training images."""
        images = self._images("fit", x)
        if len(images) == 0:
            raise ShapeError(f"ImageDataGenerator.fit: needs at least one image, got shape {images.shape}")
        if self.rescale is not None:
            images = images * np.float32(self.rescale)
        axes = (0, 1, 2)
        self.mean = images.mean(axes, dtype=np.float64).astype(np.float32)
        self.std = images.std(axes, dtype=np.float64).astype(np.float32)
        if self.zca_whitening:
            centred = images - self.mean if self.featurewise_center else images
            if self.featurewise_std_normalization:
                centred = centred / (self.std + np.float32(1e-6))
            flat = centred.reshape(len(images), -1).astype(np.float64)
            values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
            scale = 1.0 / np.sqrt(np.maximum(values, 0.0) + self.zca_epsilon)
            self.whitening = ((vectors * scale) @ vectors.T).astype(np.float32)
        return self

    # --- batches ---

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int = 0,
        subset: str | None = None,
        workers: int = 0,
    ) -> Loader:
        """A `Loader` of changed and scaled batches x, (x, y) or (x, y, sample_weight): give it to `fit`.

        One loop is an epoch; order and changes depend on (seed, epoch, batch), so a training resumes exactly.
        `workers` threads work ahead.
        """
        arrays = [np.asarray(numbers("ImageDataGenerator.flow", "x", x))]
        for name, array in (("y", y), ("sample_weight", sample_weight)):
            if array is not None:
                arrays.append(np.asarray(numbers("ImageDataGenerator.flow", name, array)))
        if y is None and sample_weight is not None:
            raise ArgumentError("ImageDataGenerator.flow: sample_weight needs y")
        self._images("flow", arrays[0][:1])
        rows = self._subset(len(arrays[0]), subset)
        if any(len(array) != len(arrays[0]) for array in arrays):
            raise ShapeError(f"ImageDataGenerator.flow: lengths differ: {[len(array) for array in arrays]}")
        data: Any = tuple(array[rows] for array in arrays)

        def changed(batch: Any, generator: np.random.Generator) -> Any:
            images = self.standardize(self.random_transform(batch[0], generator))
            return (images, *batch[1:]) if len(batch) > 1 else images

        return Loader(data, batch_size, shuffle=shuffle, seed=seed, batch_transform=changed, workers=workers)

    def _subset(self, count: int, subset: str | None) -> slice:
        if subset is None:
            return slice(None)
        if subset not in ("training", "validation") or not self.validation_split:
            raise ArgumentError(
                "ImageDataGenerator.flow: subset must be 'training' or 'validation', and needs "
                f"validation_split, got {shown(subset)}"
            )
        held = int(count * self.validation_split)
        return slice(0, held) if subset == "validation" else slice(held, None)

    def _images(self, method: str, x: Any) -> Array:
        """(n, h, w, c) as float32."""
        images = np.asarray(numbers(f"ImageDataGenerator.{method}", "x", x))
        if images.ndim != 4:
            raise ShapeError(
                f"ImageDataGenerator.{method}: x must be images of rank 4, got shape {images.shape}"
            )
        images = np.moveaxis(images, 1, -1) if self.data_format == "channels_first" else images
        return np.ascontiguousarray(images, np.float32)

    def _given_back(self, images: Array) -> Array:
        images = np.asarray(images, np.float32)
        return np.moveaxis(images, -1, 1) if self.data_format == "channels_first" else images

    def _measured(self, name: str) -> Array:
        value: Array | None = getattr(self, name)
        if value is None:
            raise NotBuiltError("ImageDataGenerator: call fit(x) with the training images first")
        return value


def _zoom(who: str, zoom_range: Any) -> tuple[float, float]:
    """(low, high) factors from f, meaning [1 - f, 1 + f], or from a pair."""
    if isinstance(zoom_range, Sequence) and not isinstance(zoom_range, str):
        return interval(who, "zoom_range", tuple(zoom_range), 0.01, 100)
    share = number(who, "zoom_range", zoom_range, 0, 0.99)
    return 1 - share, 1 + share
