"""Scaling of features by what the training rows say: z-score, to a range, to unit length."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import AfinaError, ArgumentError, NotBuiltError, ShapeError
from ..refusal import numbers, shown
from ..utils.formatting import as_call

if TYPE_CHECKING:
    from typing_extensions import Self

Array = npt.NDArray[Any]


class _Scaler(ABC):
    """(x - offset) / scale per feature, both measured on the rows given to `fit`."""

    def __init__(self, axis: int | tuple[int, ...] | None = None) -> None:
        self.axis = axis
        self.offset: Array | None = None
        self.scale: Array | None = None

    def __repr__(self) -> str:
        return as_call(self)

    @abstractmethod
    def _measure(self, rows: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
        """Offset and scale with the axes kept as 1; a scale of 0 stands for a constant feature."""

    def fit(self, x: npt.ArrayLike) -> Self:
        """Take the statistics of x, summed in float64; returns itself."""
        who = type(self).__name__
        rows = _rows(f"{who}.fit", x)
        axis = self.axis if self.axis is not None else (tuple(range(rows.ndim - 1)) if rows.ndim > 1 else 0)
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            raise ArgumentError(f"{who}.fit: the rows hold NaN or infinity")
        try:
            offset, scale = self._measure(rows, axis)
        except AfinaError:
            raise
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"{who}: axis {shown(self.axis)} does not fit rows of shape {rows.shape}"
            ) from error
        if len(offset) != 1:
            raise ArgumentError(f"{who}: axis must hold 0, the rows, got {self.axis}")
        self.offset = offset[0]
        self.scale = np.where(scale > 0, scale, 1.0)[0]
        return self

    def __call__(self, x: npt.ArrayLike) -> Array:
        """Scaled rows: float64 for float64, else float32."""
        offset, scale, dtype, rows = self._ready(x)
        scaled: Array = ((rows - offset) / scale).astype(dtype, copy=False)
        return scaled

    def invert(self, x: npt.ArrayLike) -> Array:
        """Scaled rows back in their own units."""
        offset, scale, dtype, rows = self._ready(x)
        original: Array = (rows * scale + offset).astype(dtype, copy=False)
        return original

    def _ready(self, x: npt.ArrayLike) -> tuple[Array, Array, np.dtype[Any], Array]:
        who = type(self).__name__
        if self.offset is None or self.scale is None:
            raise NotBuiltError(f"{who}: call fit with the training rows first")
        rows = np.asarray(numbers(who, "x", x))
        pairs = zip(rows.shape[1:], self.offset.shape, strict=False)
        if rows.ndim != self.offset.ndim + 1 or any(known not in (1, size) for size, known in pairs):
            raise ShapeError(
                f"{who}: rows of shape {rows.shape[1:]} do not fit statistics of {self.offset.shape}"
            )
        dtype = np.dtype(np.float64 if rows.dtype == np.float64 else np.float32)
        return self.offset.astype(dtype), self.scale.astype(dtype), dtype, rows


class Normalizer(_Scaler):
    """(x - mean) / std per feature, with mean and std of the rows given to `fit` (D0, D4: z-score).

    `axis`: the axes the statistics are taken over, by default all but the last, so one mean for each feature
    or each colour channel. std = sqrt(sum (x - mean)^2 / (n - ddof)), `ddof` 0 by default, as batch
    normalization has it; 1 is the unbiased variance's. A constant feature gets std 1 and so becomes 0. Fit it
    on the training rows alone. `afina.layers.Normalization` is the same inside a model.

    >>> scale = Normalizer().fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale(np.array([[3.0, 5.0]])).tolist()
    [[1.0, 0.0]]
    """

    def __init__(self, axis: int | tuple[int, ...] | None = None, ddof: int = 0) -> None:
        super().__init__(axis)
        if not isinstance(ddof, int) or isinstance(ddof, bool) or ddof < 0:
            raise ArgumentError(f"Normalizer: ddof must be a whole number from 0, got {shown(ddof)}")
        self.ddof = ddof

    def _measure(self, rows: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
        mean = rows.mean(axis=axis, keepdims=True, dtype=np.float64)
        if rows.size // max(1, mean.size) <= self.ddof:
            raise ArgumentError(
                f"Normalizer.fit: ddof={self.ddof} needs more values of a feature, got shape {rows.shape}"
            )
        return mean, rows.std(axis=axis, keepdims=True, dtype=np.float64, ddof=self.ddof)

    @property
    def mean(self) -> Array | None:
        """The training rows' mean, None before `fit`."""
        return self.offset

    @property
    def std(self) -> Array | None:
        """The training rows' standard deviation, 1 where it was 0."""
        return self.scale


class MinMaxNormalizer(_Scaler):
    """low + (x - min) / (max - min) * (high - low) per feature, `feature_range` = (low, high) (D0, D4).

    min and max are those of the rows given to `fit`: other rows can lie outside the range. A constant feature
    becomes `low`. `axis` as in `Normalizer`; `afina.layers.MinMaxNormalization` is the same inside a model.

    >>> scale = MinMaxNormalizer().fit([[0.0], [4.0]])
    >>> scale([[1.0], [6.0]]).tolist()
    [[0.25], [1.5]]
    """

    def __init__(
        self,
        axis: int | tuple[int, ...] | None = None,
        feature_range: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        super().__init__(axis)
        self.feature_range = checked_range("MinMaxNormalizer", feature_range)

    def _measure(self, rows: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
        least = rows.min(axis=axis, keepdims=True).astype(np.float64)
        span = rows.max(axis=axis, keepdims=True).astype(np.float64) - least
        low, high = self.feature_range
        scale = np.where(span > 0, span, 1.0) / (high - low)
        return least - low * scale, scale


def unit_norm(x: npt.ArrayLike, axis: int | tuple[int, ...] = -1) -> Array:
    """x / ||x|| along `axis`: every vector gets length 1, a zero vector stays zero (D0: unit magnitude).

    float64 for float64, else float32. `afina.layers.UnitNormalization` is the same inside a model.

    >>> unit_norm([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    rows = _rows("unit_norm", x)
    rows = rows.astype(np.float64 if rows.dtype == np.float64 else np.float32, copy=False)
    try:
        length = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=axis, keepdims=True))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"unit_norm: axis {shown(axis)} does not fit the shape {rows.shape}") from error
    scaled: Array = (rows / np.where(length > 0, length, 1.0)).astype(rows.dtype, copy=False)
    return scaled


def checked_range(who: str, feature_range: Any) -> tuple[float, float]:
    """(low, high) with low < high, or `ArgumentError` naming `who`.

    >>> checked_range("MinMaxNormalizer", [0, 1])
    (0.0, 1.0)
    """
    pair = feature_range if isinstance(feature_range, (tuple, list)) else ()
    real = all(isinstance(value, (int, float, np.integer, np.floating)) for value in pair)
    if len(pair) != 2 or not real or not -np.inf < pair[0] < pair[1] < np.inf:
        raise ArgumentError(f"{who}: feature_range must be (low, high), low < high, got {feature_range!r}")
    return float(pair[0]), float(pair[1])


def _rows(who: str, x: npt.ArrayLike) -> Array:
    rows = np.asarray(x)
    if rows.size == 0 or rows.ndim == 0:
        raise ShapeError(f"{who}: needs at least one row, got shape {rows.shape}")
    if rows.dtype.kind not in "biuf":
        raise ArgumentError(f"{who}: needs numbers, got dtype {rows.dtype}")
    return rows
