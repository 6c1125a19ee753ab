"""Random erasing: a rectangle of the image is overwritten."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...registry import register
from ...tensor import tensor
from .arguments import argument, interval, number, value_limits
from .base import Draws, ImageAugmentation


@register
class RandomErasing(ImageAugmentation):
    """A random rectangle of each image becomes noise, or `fill_value` (Zhong and others 2020).

    `factor`: the probability that an image loses one. `scale`: (low, high), the rectangle's share of the
    area; its aspect ratio is drawn log-uniformly from [0.3, 3.3]. `fill_value` None: uniform over
    `value_range`.
    """

    def __init__(
        self,
        factor: float = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self.factor = number(self.label, "factor", factor, 0, 1)
        self._area = interval(self.label, "scale", scale, 0, 1, mirrored=False)
        self.scale = argument(scale)
        self._low, self._high = value_limits(self.label, value_range)
        self.value_range = argument(value_range)
        self.fill_value = fill_value
        if fill_value is not None:
            self.fill_value = number(self.label, "fill_value", fill_value, -1e38, 1e38)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """The rectangles (top, bottom, left, right), empty where nothing is erased, and their contents."""
        height, width, channels = shape
        area = generator.uniform(*self._area, count) * (height * width)
        ratio = np.exp(generator.uniform(math.log(0.3), math.log(3.3), count))
        tall = np.clip(np.rint(np.sqrt(area * ratio)), 1, height) * (generator.random(count) < self.factor)
        wide = np.clip(np.rint(np.sqrt(area / ratio)), 1, width)
        top = np.floor(generator.random(count) * (height - tall + 1))
        left = np.floor(generator.random(count) * (width - wide + 1))
        drawn = {"rows": np.stack([top, top + tall], 1), "columns": np.stack([left, left + wide], 1)}
        if self.fill_value is None:
            noise = generator.random((count, height, width, channels), dtype=np.float32)
            drawn["content"] = noise * (self._high - self._low) + self._low
        return drawn

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """The images without their rectangles."""
        inside = [
            (np.arange(size) >= drawn[name][:, :1]) & (np.arange(size) < drawn[name][:, 1:])
            for name, size in (("rows", x.shape[1]), ("columns", x.shape[2]))
        ]
        erased = tensor(inside[0][:, :, None, None] & inside[1][:, None, :, None])
        content = drawn.get("content", np.full((1, 1, 1, 1), self.fill_value or 0.0))
        return ops.where(erased, tensor(np.asarray(content, x.dtype)), x)
