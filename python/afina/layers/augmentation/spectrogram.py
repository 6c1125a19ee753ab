"""SpecAugment: spectrograms with bands of time and of frequency hidden, and time bent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...augment.resample import sample
from ...errors import ArgumentError, ShapeError
from ...refusal import shown
from ...registry import register
from ...tensor import tensor
from ..input_spec import InputSpec
from .arguments import number
from .base import Array, Augmentation, Draws, in_floats


@register
class SpecAugment(Augmentation):
    """Spectrograms (n, time, frequency[, c]) bent and masked in training (D4; Park and others 2019).

    First the time is bent: a point w0 drawn from [time_warp, frames - time_warp) moves by U[-time_warp,
    time_warp] frames and the rest follows in proportion. Then `frequency_masks` bands of U{0..frequency_mask}
    bins and `time_masks` spans of U{0..time_mask} frames, each at a place of its own, become `fill_value`
    (None: the sample's mean). A mask never exceeds the picture.

    >>> SpecAugment(8, 10)(np.ones((2, 40, 30), "float32"), training=True).shape
    (2, 40, 30)
    """

    def __init__(
        self,
        frequency_mask: int = 8,
        time_mask: int = 16,
        frequency_masks: int = 2,
        time_masks: int = 2,
        time_warp: int = 0,
        fill_value: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.frequency_mask = self._whole("frequency_mask", frequency_mask)
        self.time_mask = self._whole("time_mask", time_mask)
        self.frequency_masks = self._whole("frequency_masks", frequency_masks)
        self.time_masks = self._whole("time_masks", time_masks)
        self.time_warp = self._whole("time_warp", time_warp)
        self.fill_value = fill_value
        if fill_value is not None:
            self.fill_value = number(self.label, "fill_value", fill_value, -1e38, 1e38)
        self.input_spec = InputSpec(min_ndim=3)

    def _whole(self, name: str, value: int) -> int:
        if isinstance(value, bool) or value < 0:
            raise ArgumentError(f"{self.label}: {name} must be a whole number from 0, got {shown(value)}")
        return int(value)

    def _check(self, inputs: Any) -> None:
        super()._check(inputs)
        if len(inputs.shape) not in (3, 4):
            raise ShapeError(
                f"{self.label}: inputs must be (n, time, frequency) or (n, time, frequency, c), got shape "
                f"{tuple(inputs.shape)}"
            )

    def draw(self, generator: np.random.Generator, count: int, frames: int, bins: int) -> Draws:
        """Of each mask its first row and the one behind its last, (n, masks, 2); of the bend, from and to."""
        drawn = {}
        for name, size, widest, masks in (
            ("time", frames, self.time_mask, self.time_masks),
            ("frequency", bins, self.frequency_mask, self.frequency_masks),
        ):
            width = generator.integers(0, min(widest, size) + 1, (count, masks))
            first = np.floor(generator.random((count, masks)) * (size - width + 1)).astype(int)
            drawn[name] = np.stack([first, first + width], axis=-1)
        if self.time_warp:
            most = min(self.time_warp, (frames - 1) // 2)
            start = generator.integers(most, max(most + 1, frames - most), count)
            bend = np.stack([start, start + generator.integers(-most, most + 1, count)], axis=-1)
            drawn["bend"] = np.clip(bend, 1, max(1, frames - 2))
        return drawn

    def transformed(self, x: Tensor, generator: np.random.Generator) -> Tensor:
        """A batch bent and masked by what `generator` draws."""
        drawn = self.draw(generator, x.shape[0], x.shape[1], x.shape[2])
        return in_floats(x, lambda y: self.apply(y, drawn))

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Bent and masked spectrograms."""
        y = x if x.ndim == 4 else ops.expand_dims(x, -1)
        if "bend" in drawn:
            y = sample(y, [*_bent(drawn["bend"], y.shape[1], y.shape[2])], "nearest")
        hidden = (
            _covered(drawn["time"], y.shape[1])[:, :, None]
            | _covered(drawn["frequency"], y.shape[2])[:, None]
        )
        fill = ops.mean(y, (1, 2, 3), True)
        if self.fill_value is not None:
            fill = fill * 0.0 + self.fill_value
        y = ops.where(tensor(hidden[..., None]), fill, y)
        return y if x.ndim == 4 else ops.squeeze(y, -1)


def _covered(spans: Array, size: int) -> Array:
    """(n, size): whether a place lies in one of the sample's spans."""
    place = np.arange(size)
    inside = (place >= spans[..., :1]) & (place < spans[..., 1:])
    return np.asarray(inside.any(axis=1))


def _bent(bend: Array, frames: int, bins: int) -> tuple[Array, Array]:
    """Where each frame is read: the frame `to` at `from`, the first and the last at themselves."""
    place = np.stack(
        [np.interp(np.arange(frames), [0, to, frames - 1], [0, start, frames - 1]) for start, to in bend]
    )
    shape = (len(bend), frames, bins)
    return np.broadcast_to(place[:, :, None], shape), np.broadcast_to(np.arange(float(bins)), shape)
