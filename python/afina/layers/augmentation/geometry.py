"""Random flips, turns, shifts, zooms and shears: affine maps, so that several need one resampling."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from ..._C import Tensor
from ...augment.affine import grid
from ...augment.resample import check_resampling, sample
from ...errors import ArgumentError
from ...ops import flip, where
from ...refusal import shown
from ...registry import register
from ...tensor import tensor
from .arguments import argument, interval
from .base import Array, Draws, ImageAugmentation


class AffineAugmentation(ImageAugmentation):
    """A random affine map of each image; `matrices` says which. Points outside are made by `fill_mode`."""

    fill_mode: str | None = None  # None: never reads outside, so any neighbour in a pipeline decides
    interpolation: str = "bilinear"
    fill_value: float = 0.0

    def _resample_by(self, fill_mode: str, interpolation: str, fill_value: float) -> None:
        check_resampling(self.label, fill_mode, interpolation, fill_value)
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, float(fill_value)

    @property
    def resampling(self) -> tuple[str, str, float]:
        """fill_mode, interpolation, fill_value."""
        return self.fill_mode or "nearest", self.interpolation, self.fill_value

    @abstractmethod
    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:
        """(n, 3, 3): where points (x, y, 1) of each image go, counted from its centre, in pixels."""

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """Every image resampled at its own grid."""
        return resampled(x, self.matrices(drawn, (x.shape[1], x.shape[2])), self.resampling)


def resampled(x: Tensor, matrices: Array, resampling: tuple[str, str, float]) -> Tensor:
    """Images (n, h, w, c) moved by matrices (n, 3, 3)."""
    return sample(x, grid(np.linalg.inv(matrices), (x.shape[1], x.shape[2]), x.dtype), *resampling)


def _identities(count: int) -> Array:
    return np.tile(np.eye(3), (count, 1, 1))


@register
class RandomFlip(AffineAugmentation):
    """Mirrors each image left to right, top to bottom, or both, each with probability 1/2 (D2, D4).

    `mode`: "horizontal", "vertical" or "horizontal_and_vertical". Pixels are moved, never changed.

    >>> x = np.arange(4.0, dtype="float32").reshape(1, 2, 2, 1)
    >>> bool((RandomFlip("horizontal")(x).numpy() == x).all())   # inference
    True
    """

    _moves_only = True

    def __init__(self, mode: str = "horizontal_and_vertical", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ArgumentError(
                f"{self.label}: mode must be 'horizontal', 'vertical' or 'horizontal_and_vertical', "
                f"got {shown(mode)}"
            )
        self.mode = mode

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """A coin for each direction."""
        coins = generator.random((2, count)) < 0.5
        return {
            "horizontal": coins[0] & ("horizontal" in self.mode),
            "vertical": coins[1] & ("vertical" in self.mode),
        }

    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:  # noqa: ARG002
        """diag(-1, 1, 1), diag(1, -1, 1), their product, or the identity."""
        found = _identities(len(drawn["horizontal"]))
        found[drawn["horizontal"], 0, 0] = -1.0
        found[drawn["vertical"], 1, 1] = -1.0
        return found

    def apply(self, x: Tensor, drawn: Draws) -> Tensor:
        """The images whose coin says so, mirrored."""
        for name, axis in (("horizontal", 2), ("vertical", 1)):
            if drawn[name].any():
                x = where(tensor(drawn[name].reshape(-1, 1, 1, 1)), flip(x, axis), x)
        return x


@register
class RandomRotation(AffineAugmentation):
    """Turns each image about its centre by an angle from U[-factor, factor] * 2 pi (D2, D4).

    `factor`: a number or (low, high), in full turns, positive counter-clockwise. `fill_mode`: "reflect",
    "constant" (`fill_value`), "nearest" or "wrap"; `interpolation`: "bilinear" or "nearest".
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self._turns = interval(self.label, "factor", factor)
        self.factor = argument(factor)
        self._resample_by(fill_mode, interpolation, fill_value)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """An angle in radians."""
        return {"angle": generator.uniform(*self._turns, count) * (2 * math.pi)}

    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:  # noqa: ARG002
        """[[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]."""
        found = _identities(len(drawn["angle"]))
        found[:, 0, 0] = found[:, 1, 1] = np.cos(drawn["angle"])
        found[:, 0, 1] = np.sin(drawn["angle"])
        found[:, 1, 0] = -found[:, 0, 1]
        return found


@register
class RandomTranslation(AffineAugmentation):
    """Shifts each image by U[-height_factor, height_factor] of its height (down) and width (right) (D4).

    Factors are numbers or (low, high), shares of the size; fills as in `RandomRotation`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self._down = interval(self.label, "height_factor", height_factor, -1, 1)
        self._right = interval(self.label, "width_factor", width_factor, -1, 1)
        self.height_factor, self.width_factor = argument(height_factor), argument(width_factor)
        self._resample_by(fill_mode, interpolation, fill_value)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """The two shares."""
        return {
            "down": generator.uniform(*self._down, count),
            "right": generator.uniform(*self._right, count),
        }

    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:
        """[[1, 0, v_x], [0, 1, v_y], [0, 0, 1]]."""
        found = _identities(len(drawn["down"]))
        found[:, 0, 2] = drawn["right"] * size[1]
        found[:, 1, 2] = drawn["down"] * size[0]
        return found


@register
class RandomZoom(AffineAugmentation):
    """Scales each image about its centre: v = 1 / (1 + U[-factor, factor]) (D4).

    As in Keras a positive factor zooms out and a negative one in; factors above -1. `width_factor` None keeps
    the aspect ratio; fills as in `RandomRotation`.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        least, most = -0.99, 100.0
        self._tall = interval(self.label, "height_factor", height_factor, least, most)
        self._wide = None
        if width_factor is not None:
            self._wide = interval(self.label, "width_factor", width_factor, least, most)
        self.height_factor, self.width_factor = argument(height_factor), argument(width_factor)
        self._resample_by(fill_mode, interpolation, fill_value)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """The two factors."""
        tall = generator.uniform(*self._tall, count)
        return {"tall": tall, "wide": tall if self._wide is None else generator.uniform(*self._wide, count)}

    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:  # noqa: ARG002
        """diag(v_x, v_y, 1)."""
        found = _identities(len(drawn["tall"]))
        found[:, 0, 0] = 1.0 / (1.0 + drawn["wide"])
        found[:, 1, 1] = 1.0 / (1.0 + drawn["tall"])
        return found


@register
class RandomShear(AffineAugmentation):
    """Slants each image: x gains c_x * y, y gains c_y * x, each from U[-factor, factor] (D2, D4).

    Factors are numbers or (low, high) within (-1, 1); fills as in `RandomRotation`.
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        self._x = interval(self.label, "x_factor", x_factor, -0.99, 0.99)
        self._y = interval(self.label, "y_factor", y_factor, -0.99, 0.99)
        self.x_factor, self.y_factor = argument(x_factor), argument(y_factor)
        self._resample_by(fill_mode, interpolation, fill_value)

    def draw(self, generator: np.random.Generator, count: int, shape: tuple[int, ...]) -> Draws:  # noqa: ARG002
        """c_x and c_y."""
        return {"c_x": generator.uniform(*self._x, count), "c_y": generator.uniform(*self._y, count)}

    def matrices(self, drawn: Draws, size: tuple[int, int]) -> Array:  # noqa: ARG002
        """[[1, c_x, 0], [c_y, 1, 0], [0, 0, 1]]."""
        found = _identities(len(drawn["c_x"]))
        found[:, 0, 1], found[:, 1, 0] = drawn["c_x"], drawn["c_y"]
        return found
