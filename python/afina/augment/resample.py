"""Reading pictures and volumes between their pixels."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from ..refusal import shown
from ..tensor import tensor

FILL_MODES = ("constant", "nearest", "reflect", "wrap")
INTERPOLATIONS = ("bilinear", "nearest")


def check_resampling(who: str, fill_mode: Any, interpolation: Any, fill_value: Any) -> None:
    """Raise `ArgumentError` naming `who` and the argument that is not allowed.

    >>> check_resampling("RandomRotation", "reflect", "bilinear", 0.0)
    """
    for name, value, allowed in (
        ("fill_mode", fill_mode, FILL_MODES),
        ("interpolation", interpolation, INTERPOLATIONS),
    ):
        if not isinstance(value, str) or value not in allowed:
            raise ArgumentError(f"{who}: {name} must be one of {allowed}, got {shown(value)}")
    real = isinstance(fill_value, (int, float, np.integer, np.floating))
    if not real or not math.isfinite(fill_value):
        raise ArgumentError(f"{who}: fill_value must be a finite number, got {shown(fill_value)}")


def sample(
    x: Tensor,
    coordinates: Sequence[npt.NDArray[Any]],
    fill_mode: str = "reflect",
    interpolation: str = "bilinear",
    fill_value: float = 0.0,
) -> Tensor:
    """x (n, *size, c) read at points: y[i, p] = sum over the 2^d pixels around of weight * pixel.

    `coordinates`: one array (n, *out) per axis of `size`, in pixels, 0 the first pixel's centre. The result
    is (n, *out, c); x must be floating, and gradients flow to it. See `affine_transform` for the modes.
    """
    check_resampling("sample", fill_mode, interpolation, fill_value)
    size = list(x.shape[1:-1])
    points = [tensor(np.asarray(c, x.dtype)) for c in coordinates]
    if fill_mode == "constant":  # one pixel of the fill around, and every point outside is read there
        x = ops.pad(x, [(0, 0), *[(1, 1)] * len(size), (0, 0)], fill_value)
        points = [ops.clip(p, -1.0, float(n)) + 1.0 for p, n in zip(points, size, strict=True)]
        size = [n + 2 for n in size]
    elif fill_mode == "reflect":
        points = [_reflected(p, n) for p, n in zip(points, size, strict=True)]
    flat = x.reshape(-1, x.shape[-1])
    kind = "int32" if len(flat) < 2**31 else "int64"
    near = []
    for axis, (point, length) in enumerate(zip(points, size, strict=True)):
        stride = math.prod(size[axis + 1 :])
        found = _neighbours(point, length, interpolation, fill_mode)
        near.append([(ops.cast(position, kind) * stride, share) for position, share in found])
    images = tensor((np.arange(x.shape[0]) * math.prod(size)).astype(kind)).reshape(-1, *[1] * len(size))
    near[0] = [(images + position, share) for position, share in near[0]]

    total: Tensor | None = None
    for corner in itertools.product(*near):
        index = functools.reduce(ops.add, [position for position, _ in corner])
        term = ops.gather(flat, index.reshape(-1))
        shares = [share for _, share in corner if share is not None]
        if shares:
            term = term * functools.reduce(ops.multiply, shares).reshape(-1, 1)
        total = term if total is None else total + term
    assert total is not None
    return total.reshape(*points[0].shape, x.shape[-1])


def _reflected(point: Tensor, size: int) -> Tensor:
    """Folded into [-0.5, size - 0.5] at the outer borders of the first and the last pixel."""
    period = 2.0 * size
    shifted = point + 0.5
    shifted = shifted - ops.floor(shifted * (1.0 / period)) * period
    return size - ops.abs(shifted - float(size)) - 0.5


def _neighbours(
    point: Tensor, size: int, interpolation: str, fill_mode: str
) -> list[tuple[Tensor, Tensor | None]]:
    """The whole positions around a point within the picture, each with its weight (None: 1)."""
    if interpolation == "nearest":
        return [(_inside(ops.floor(point + 0.5), size, fill_mode), None)]
    below = ops.floor(point)
    above = point - below
    return [
        (_inside(below, size, fill_mode), 1.0 - above),
        (_inside(below + 1.0, size, fill_mode), above),
    ]


def _inside(position: Tensor, size: int, fill_mode: str) -> Tensor:
    if fill_mode == "wrap":
        return position - ops.floor(position / float(size)) * float(size)
    return ops.clip(position, 0.0, float(size - 1))
