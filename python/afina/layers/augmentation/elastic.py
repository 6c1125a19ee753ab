"""Elastic warping: every pixel moves a little, its neighbours nearly as much."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._C import Tensor
from ...augment.resample import check_resampling, sample
from ...registry import register
from .arguments import argument, interval, number
from .base import Array, Draws, ImageAugmentation


@register
class RandomElasticTransform(ImageAugmentation):
    """Output pixel p reads the input at p + d(p); d is white noise under a Gaussian, of set strength (D2).

    `factor`: the share of images that are warped, in [0, 1]. `scale`: the root mean square of the
    displacement in pixels, a number or (low, high) to draw from. `sigma`: the Gaussian's standard deviation
    in pixels, small for ripples, large for bends (Simard, Steinkraus and Platt 2003). Fills as in
    `RandomRotation`.
    """

    def __init__(
        self,
        factor: float = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        sigma: float = 4.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        check_resampling(self.label, fill_mode, interpolation, fill_value)
        self.factor = number(self.label, "factor", factor, 0, 1)
        self._strength = interval(self.label, "scale", scale, 0, 1e4, mirrored=False)
        if not isinstance(scale, (tuple, list)):
            self._strength = (float(scale), float(scale))
        self.scale = argument(scale)
        self.sigma = number(self.label, "sigma", sigma, 1e-3, 1e4)
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, float(fill_value)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """The displacements of every pixel, down and right."""
        height, width, _ = shape
        strength = generator.uniform(*self._strength, count) * (generator.random(count) < self.factor)
        noise = generator.random((2, count, height, width), dtype=np.float32) - np.float32(0.5)
        smooth = _gaussian(height, self.sigma) @ noise @ _gaussian(width, self.sigma)
        size = np.sqrt(np.square(smooth).mean(axis=(2, 3), keepdims=True))
        smooth *= strength.astype(np.float32)[:, None, None] / np.maximum(size, np.float32(1e-12))
        return {"down": smooth[0], "right": smooth[1]}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """The warped images."""
        rows = drawn["down"] + np.arange(x.shape[1], dtype=np.float32)[:, None]
        columns = drawn["right"] + np.arange(x.shape[2], dtype=np.float32)
        return sample(x, [rows, columns], self.fill_mode, self.interpolation, self.fill_value)


def _gaussian(size: int, sigma: float) -> Array:
    """The symmetric matrix that smooths along an axis."""
    distance = np.arange(size)[:, None] - np.arange(size)
    return np.exp(-0.5 * (distance / sigma) ** 2).astype(np.float32)
