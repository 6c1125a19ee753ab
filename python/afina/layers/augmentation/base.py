"""What augmentation layers share: they act in training only, and are loader transforms as well."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor, from_numpy
from ...config import standardize_data_format
from ...errors import ArgumentError, DTypeError, ShapeError
from ...gradient import no_grad
from ...refusal import numbers, shown
from ..input_spec import InputSpec
from ..seeded import SeededLayer

Array = np.ndarray[Any, Any]
Draws = dict[str, Array]  # what was drawn, one row a sample

# Of the integers: what a rounded float32 may become without leaving the dtype.
_LIMITS = {
    "bool": (0.0, 1.0),
    "uint8": (0.0, 255.0),
    "int32": (-(2.0**31), 2.0**31 - 128),
    "int64": (-(2.0**62), 2.0**62),
}


class Augmentation(SeededLayer):
    """A random change of each sample in training, the identity in inference.

    Subclasses write `transformed`, by ops, so that gradients flow. Integers are rounded and keep their dtype.
    With a seed the changes repeat; either way they resume where a checkpoint stopped.

    Beside a model, `layer.on_batch` is a loader's `batch_transform` and `layer.on_sample` its `transform`;
    `layer.augment(x, generator)` takes and gives arrays.
    """

    @abstractmethod
    def transformed(self, x: Tensor, generator: np.random.Generator) -> Tensor:
        """A batch changed by what `generator` draws."""

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The changed inputs in training, the inputs otherwise."""
        self._check(inputs)
        if not training or inputs.size == 0:
            return inputs
        return self.transformed(inputs, self.next_generator())

    # --- beside a model ---

    def augment(self, x: Any, generator: np.random.Generator) -> Array:
        """A batch of arrays changed by what `generator` draws, in the same dtype."""
        array = np.asarray(numbers(self.label, "x", x))
        if not isinstance(generator, np.random.Generator):
            raise DTypeError(
                f"{self.label}: generator must be a numpy.random.Generator, got {shown(generator)}"
            )
        self._check(array)
        with no_grad():
            return self.transformed(from_numpy(np.ascontiguousarray(array)), generator).numpy()

    def on_batch(self, batch: Any, generator: np.random.Generator) -> Any:
        """A loader's `batch_transform`: x alone, or x as the first of (x, y) or (x, y, sample_weight)."""
        if isinstance(batch, (tuple, list)) and batch:
            return (self.augment(batch[0], generator), *batch[1:])
        if isinstance(batch, (tuple, list, dict)):
            raise ArgumentError(
                f"{self.label}: a batch must be x, (x, y) or (x, y, weights), got {shown(batch)}"
            )
        return self.augment(batch, generator)

    def on_sample(self, sample: Any, generator: np.random.Generator) -> Any:
        """A loader's `transform`: the same for one sample."""
        if isinstance(sample, (tuple, list)) and sample:
            return (self.augment(np.asarray(sample[0])[None], generator)[0], *sample[1:])
        if isinstance(sample, (tuple, list, dict)):
            raise ArgumentError(
                f"{self.label}: a sample must be x, (x, y) or (x, y, weight), got {shown(sample)}"
            )
        return self.augment(np.asarray(sample)[None], generator)[0]


class ImageAugmentation(Augmentation):
    """Augmentation of images (n, h, w, c), or of videos (n, frames, h, w, c) with one draw for all frames.

    Subclasses write `draw` (what is random, one row an image) and `apply` (what is done with it).
    """

    _moves_only = False  # values are moved but not changed, so integers need no rounding

    def __init__(self, seed: int | None = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=4)

    @abstractmethod
    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """Random numbers for `count` images of `shape` (h, w, c), each entry with `count` rows."""

    @abstractmethod
    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """The changed images (n, h, w, c)."""

    def _check(self, inputs: Any) -> None:
        check_rank(self.label, inputs.shape)
        super()._check(inputs)

    def transformed(self, x: Tensor, generator: np.random.Generator) -> Tensor:
        """A batch of images or videos changed by what `generator` draws, once for each."""
        first = self.data_format == "channels_first"
        return on_images(
            x, first, self._moves_only, lambda n, shape: self.draw(generator, n, shape), self.apply
        )


def check_rank(owner: str, shape: Sequence[int | None]) -> None:
    """Raise `ShapeError` unless `shape` is that of images or of videos."""
    if len(shape) not in (4, 5):
        raise ShapeError(
            f"{owner}: inputs must be images of rank 4 or videos of rank 5 (batch included), got rank "
            f"{len(shape)}, shape {tuple(shape)}"
        )


def on_images(
    x: Tensor,
    channels_first: bool,
    moves_only: bool,
    draw: Callable[[int, tuple[int, ...]], Draws],
    apply: Callable[[Tensor, Draws], Tensor],
) -> Tensor:
    """`apply` on images or on every frame of videos, with one draw for each image or video."""
    y = _moved(x, -3, -1) if channels_first else x
    drawn = draw(y.shape[0], tuple(y.shape[-3:]))
    if y.ndim == 5:
        drawn = {name: np.repeat(rows, y.shape[1], axis=0) for name, rows in drawn.items()}
    images = y.reshape(-1, *y.shape[-3:])
    images = apply(images, drawn) if moves_only else in_floats(images, lambda z: apply(z, drawn))
    y = images.reshape(*y.shape[:-3], *images.shape[1:])
    return _moved(y, -1, -3) if channels_first else y


def in_floats(x: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """change(x) in the dtype of x: integers are changed as float32 and rounded."""
    if x.dtype not in _LIMITS:
        return change(x)
    return ops.cast(ops.clip(ops.round(change(ops.cast(x, "float32"))), *_LIMITS[x.dtype]), x.dtype)


def _moved(x: Tensor, source: int, target: int) -> Tensor:
    """An axis moved to another place."""
    order = list(range(x.ndim))
    order.insert(target + x.ndim, order.pop(source + x.ndim))
    return ops.transpose(x, order)
