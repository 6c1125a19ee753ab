"""Reading pictures and volumes between their pixels."""

from __future__ import annotations

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
    points = tensor(np.stack([np.asarray(c, x.dtype) for c in coordinates]), device=x.device)
    return ops.grid_sample(x, points, interpolation, fill_mode, fill_value)
