"""Scaling of features by what the training rows say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, NotBuiltError, ShapeError


class Normalizer:
    """(x - mean) / std per feature, with mean and std of the rows given to `fit`.

    `axis`: the axes the statistics are taken over, by default all but the last, so one mean for each feature
    or each colour channel. A constant feature gets std 1 and so becomes 0. Fit it on the training rows alone.

    >>> scale = Normalizer().fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale(np.array([[3.0, 5.0]])).tolist()
    [[1.0, 0.0]]
    """

    def __init__(self, axis: int | tuple[int, ...] | None = None) -> None:
        self.axis = axis
        self.mean: npt.NDArray[Any] | None = None
        self.std: npt.NDArray[Any] | None = None

    def fit(self, x: npt.ArrayLike) -> Normalizer:
        """Take the statistics of x, summed in float64; returns itself."""
        rows = np.asarray(x)
        if rows.size == 0 or rows.ndim == 0:
            raise ShapeError(f"Normalizer.fit: needs at least one row, got shape {rows.shape}")
        if rows.dtype.kind not in "biuf":
            raise ArgumentError(f"Normalizer.fit: needs numbers, got dtype {rows.dtype}")
        axis = self.axis if self.axis is not None else (tuple(range(rows.ndim - 1)) if rows.ndim > 1 else 0)
        mean = rows.mean(axis=axis, keepdims=True, dtype=np.float64)
        std = rows.std(axis=axis, keepdims=True, dtype=np.float64)
        if len(mean) != 1:
            raise ArgumentError(f"Normalizer: axis must hold 0, the rows, got {self.axis}")
        self.mean = mean[0]
        self.std = np.where(std > 0, std, 1.0)[0]
        return self

    def __call__(self, x: npt.ArrayLike) -> npt.NDArray[Any]:
        """Scaled rows: float64 for float64, else float32."""
        mean, std, dtype, rows = self._ready(x)
        scaled: npt.NDArray[Any] = ((rows - mean) / std).astype(dtype, copy=False)
        return scaled

    def invert(self, x: npt.ArrayLike) -> npt.NDArray[Any]:
        """Scaled rows back in their own units."""
        mean, std, dtype, rows = self._ready(x)
        original: npt.NDArray[Any] = (rows * std + mean).astype(dtype, copy=False)
        return original

    def _ready(
        self, x: npt.ArrayLike
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any], np.dtype[Any], npt.NDArray[Any]]:
        if self.mean is None or self.std is None:
            raise NotBuiltError("Normalizer: call fit with the training rows first")
        rows = np.asarray(x)
        pairs = zip(rows.shape[1:], self.mean.shape, strict=False)
        if rows.ndim != self.mean.ndim + 1 or any(known not in (1, size) for size, known in pairs):
            raise ShapeError(
                f"Normalizer: rows of shape {rows.shape[1:]} do not fit statistics of {self.mean.shape}"
            )
        dtype = np.dtype(np.float64 if rows.dtype == np.float64 else np.float32)
        return self.mean.astype(dtype), self.std.astype(dtype), dtype, rows
