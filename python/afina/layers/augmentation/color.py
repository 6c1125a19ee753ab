"""Random changes of brightness, contrast and colour, and noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...errors import ArgumentError, NotBuiltError, ShapeError
from ...gradient import no_grad
from ...parameter import Parameter
from ...refusal import numbers
from ...registry import register
from ...tensor import tensor
from ..input_spec import InputSpec
from ..symbolic import SymbolicShape
from .arguments import argument, interval, number, value_limits
from .base import Array, Draws, ImageAugmentation


class _ColorAugmentation(ImageAugmentation):
    """Values change and are cut to `value_range`."""

    def __init__(self, value_range: Any, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self._low, self._high = value_limits(self.label, value_range)
        self.value_range = argument(value_range)

    def _added(self, x: Tensor, offsets: Array) -> Tensor:
        """x + offsets * (high - low), cut to the range."""
        scaled = np.asarray(offsets * (self._high - self._low), x.dtype)
        return ops.clip(x + tensor(scaled), self._low, self._high)


@register
class RandomBrightness(_ColorAugmentation):
    """x + U[-factor, factor] * (high - low), one draw an image, cut to `value_range` = (low, high).

    `factor`: a number or (low, high) within [-1, 1].
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(value_range, seed, **kwargs)
        self._shares = interval(self.label, "factor", factor, -1, 1)
        self.factor = argument(factor)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """A share of the range."""
        return {"share": generator.uniform(*self._shares, count)}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Brighter and darker images."""
        return self._added(x, drawn["share"].reshape(-1, 1, 1, 1))


@register
class RandomContrast(_ColorAugmentation):
    """(x - mean) * f + mean with f from U[1 - factor, 1 + factor] and each channel's mean in the image.

    `factor`: a number in [0, 1] or (lower, upper) for U[1 - lower, 1 + upper]; cut to `value_range`.
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(value_range, seed, **kwargs)
        pair = factor if isinstance(factor, (tuple, list)) else (factor, factor)
        lower, upper = (number(self.label, "factor", one, 0, 1) for one in pair)
        self._gain = (1.0 - lower, 1.0 + upper)
        self.factor = argument(factor)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """The gain."""
        return {"gain": generator.uniform(*self._gain, count)}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Images of more and of less contrast."""
        mean = ops.mean(x, (1, 2), True)
        gain = tensor(np.asarray(drawn["gain"].reshape(-1, 1, 1, 1), x.dtype))
        return ops.clip((x - mean) * gain + mean, self._low, self._high)


@register
class RandomChannelShift(_ColorAugmentation):
    """x + U[-factor, factor] * (high - low), one draw a channel, cut to `value_range`: D2's colour shift."""

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(value_range, seed, **kwargs)
        self._shares = interval(self.label, "factor", factor, -1, 1)
        self.factor = argument(factor)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """A share of the range for each channel."""
        return {"share": generator.uniform(*self._shares, (count, shape[-1]))}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Images with shifted channels."""
        return self._added(x, drawn["share"][:, None, None, :])


@register
class RandomNoise(_ColorAugmentation):
    """x + N(0, stddev^2) * (high - low), a draw for every value, cut to `value_range` (D0).

    `GaussianNoise` is the layer without a range, for activations.
    """

    def __init__(
        self, stddev: float = 0.05, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(value_range, seed, **kwargs)
        self.stddev = number(self.label, "stddev", stddev, 0, 1e6)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """The noise."""
        noise = generator.standard_normal((count, *shape), dtype=np.float32)
        return {"noise": noise * np.float32(self.stddev)}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Noisy images."""
        return self._added(x, drawn["noise"])


@register
class RandomPCAColor(_ColorAugmentation):
    """x + (high - low) * sum_i alpha_i lambda_i p_i, alpha_i from N(0, stddev^2), one draw an image (D2).

    lambda_i and p_i: eigenvalues and unit eigenvectors of the covariance of the training pixels' colours
    (scaled to [0, 1]), measured by `adapt` and saved with the model (Krizhevsky, Sutskever and Hinton 2012).
    `NotBuiltError` when it has to act before `adapt`; cut to `value_range`.
    """

    def __init__(
        self, stddev: float = 0.1, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(value_range, seed, **kwargs)
        self.stddev = number(self.label, "stddev", stddev, 0, 1e6)

    def build(self, input_shape: SymbolicShape) -> None:
        """eigenvalues (c,) and eigenvectors (c, c), one a column; zeros until `adapt`."""
        axis = -3 if self.data_format == "channels_first" else -1
        channels = input_shape[axis]
        if not isinstance(channels, int):
            raise ShapeError(f"{self.label}: the number of channels must be known, got shape {input_shape}")
        self.input_spec = InputSpec(min_ndim=4, axes={axis: channels})
        self.eigenvalues = self.add_weight((channels,), "zeros", trainable=False, name="eigenvalues")
        self.eigenvectors = self.add_weight((channels,) * 2, "zeros", trainable=False, name="eigenvectors")

    def adapt(self, data: Any) -> None:
        """Measure the covariance of the colours of `data`, the training images."""
        images = np.asarray(numbers(self.label, "data", data))
        self._check(images)
        if images.size == 0:
            raise ShapeError(f"{self.label}: adapt needs at least one image, got shape {images.shape}")
        if not self.built:
            self._build((None, *images.shape[1:]))
        images = np.moveaxis(images, -3, -1) if self.data_format == "channels_first" else images
        pixels = images.reshape(-1, images.shape[-1]).astype(np.float64) / (self._high - self._low)
        if not np.isfinite(pixels).all():
            raise ArgumentError(f"{self.label}: adapt: the data hold NaN or infinity")
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(pixels, rowvar=False, ddof=0)))
        with no_grad():
            self.eigenvalues.assign(np.maximum(values, 0.0))
            self.eigenvectors.assign(vectors)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:
        """The alphas."""
        return {"alpha": generator.normal(0.0, self.stddev, (count, shape[-1]))}

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Images with their colours moved along the principal axes."""
        vectors: Parameter = self.eigenvectors
        if not vectors.numpy().any():
            raise NotBuiltError(f"{self.label}: call adapt with the training images first")
        moved = (drawn["alpha"] * self.eigenvalues.numpy()) @ vectors.numpy().T
        return self._added(x, moved[:, None, None, :])
