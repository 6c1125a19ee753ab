"""Affine maps of pictures and volumes as matrices, and applying any number of them with one resampling.

Points are (x, y) or (x, y, z) with 1 appended: x runs along columns, y down the rows, z along the slices. A
matrix moves a point of the input to its place in the output; the origin is the centre of the picture.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..gradient import no_grad
from ..refusal import numbers, shown
from ..tensor import tensor
from .resample import sample

Matrix = npt.NDArray[np.float64]


def translation(*offsets: float) -> Matrix:
    """[[1, 0, v_x], [0, 1, v_y], [0, 0, 1]] for two offsets in pixels, 4 x 4 for three (D4).

    >>> translation(3, -1).tolist()
    [[1.0, 0.0, 3.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]]
    """
    offsets = _reals("translation", "offsets", offsets, (2, 3))
    matrix = np.eye(len(offsets) + 1)
    matrix[:-1, -1] = offsets
    return matrix


def scaling(*factors: float) -> Matrix:
    """diag(v_x, v_y, 1), or diag(v_x, v_y, v_z, 1) for three factors: above 1 enlarges (D4).

    >>> scaling(2, 0.5).diagonal().tolist()
    [2.0, 0.5, 1.0]
    """
    factors = _reals("scaling", "factors", factors, (2, 3))
    if 0.0 in factors:
        raise ArgumentError(f"scaling: factors must not be 0, got {factors}")
    return np.diag([*factors, 1.0])


def flip(axis: str = "x", dimensions: int = 2) -> Matrix:
    """diag(-1, 1, 1) for a mirror image along x (left and right), likewise y and z (D4).

    >>> flip().diagonal().tolist()
    [-1.0, 1.0, 1.0]
    """
    names = "xyz"[: _dimensions("flip", dimensions)]
    if not isinstance(axis, str) or len(axis) != 1 or axis not in names:
        raise ArgumentError(f"flip: axis must be one of {list(names)}, got {shown(axis)}")
    matrix = np.eye(dimensions + 1)
    matrix[names.index(axis), names.index(axis)] = -1.0
    return matrix


def rotation(angle: float, plane: str = "xy", dimensions: int = 2) -> Matrix:
    """[[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]] by `angle` in radians (D4).

    With y pointing down that is counter-clockwise to the eye, as `np.rot90`. `plane` names the two axes that
    turn, "xy", "xz" or "yz".

    >>> np.round(rotation(math.pi / 2)).tolist()
    [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    (angle,) = _reals("rotation", "angle", (angle,), (1,))
    planes = ["xy"] if _dimensions("rotation", dimensions) == 2 else ["xy", "xz", "yz"]
    if plane not in planes:
        raise ArgumentError(f"rotation: plane must be one of {planes}, got {shown(plane)}")
    i, j = ("xyz".index(name) for name in plane)
    matrix = np.eye(dimensions + 1)
    matrix[i, i] = matrix[j, j] = math.cos(angle)
    matrix[i, j], matrix[j, i] = math.sin(angle), -math.sin(angle)
    return matrix


def shear(c_x: float = 0.0, c_y: float = 0.0) -> Matrix:
    """[[1, c_x, 0], [c_y, 1, 0], [0, 0, 1]]: x gains c_x * y, y gains c_y * x (D4: c_x = 0.5, c_y = 0).

    >>> shear(0.5).tolist()
    [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    c_x, c_y = _reals("shear", "c_x and c_y", (c_x, c_y), (2,))
    if c_x * c_y == 1.0:
        raise ArgumentError(f"shear: c_x={c_x} and c_y={c_y} flatten the picture to a line")
    return np.array([[1.0, c_x, 0.0], [c_y, 1.0, 0.0], [0.0, 0.0, 1.0]])


def compose(*matrices: npt.ArrayLike) -> Matrix:
    """One matrix that does what `matrices` do one after the other, the first first: the product, reversed.

    Each is (m, m), or (n, m, m) with one matrix a picture.

    >>> compose(translation(1, 0), scaling(2, 2)).tolist()
    [[2.0, 0.0, 2.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if not matrices:
        raise ArgumentError("compose: needs at least one matrix")
    arrays = [np.asarray(numbers("compose", "matrices", matrix), np.float64) for matrix in matrices]
    if any(a.ndim not in (2, 3) or a.shape[-2:] != arrays[0].shape[-1:] * 2 for a in arrays):
        raise ShapeError(f"compose: needs square matrices of one size, got {[a.shape for a in arrays]}")
    return functools.reduce(lambda done, following: following @ done, arrays)


def affine_transform(
    x: Any,
    matrices: npt.ArrayLike,
    *,
    fill_mode: str = "constant",
    interpolation: str = "bilinear",
    fill_value: float = 0.0,
) -> Any:
    """Pictures (n, h, w, c) under 3 x 3 matrices, volumes (n, d, h, w, c) under 4 x 4: resampled once.

    `matrices`: one for all, or (n, m, m) with one each; compose several first. They move the input about its
    centre; every output pixel reads the input at the inverse's point, between pixels by `interpolation`
    ("bilinear" in every dimension, or "nearest"), outside by `fill_mode`: "constant" (`fill_value`),
    "nearest" (the edge), "reflect" (d c b a | a b c d | d c b a), "wrap". Returns what came: an array of the
    same dtype (integers are rounded), or a tensor, through which gradients flow. Raises `ShapeError`,
    `ArgumentError`.

    >>> picture = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> affine_transform(picture, flip("x"))[0, :, :, 0].tolist()
    [[1.0, 0.0], [3.0, 2.0]]
    """
    given = numbers("affine_transform", "x", x)
    inverse = _inverses(given.shape, matrices)
    if isinstance(x, Tensor):
        return sample(x, grid(inverse, x.shape[1:-1], x.dtype), fill_mode, interpolation, fill_value)
    with no_grad():
        floating = tensor(given if given.dtype in (np.float32, np.float64) else given.astype(np.float32))
        points = grid(inverse, given.shape[1:-1], floating.dtype)
        moved = sample(floating, points, fill_mode, interpolation, fill_value).numpy()
    if given.dtype.kind == "f":
        return moved.astype(given.dtype, copy=False)
    return np.rint(moved).astype(given.dtype)


def grid(inverse: Matrix, size: Sequence[int], dtype: str) -> list[npt.NDArray[Any]]:
    """Where each pixel of the output reads the input, one array (n, *size) per axis of `size`.

    `inverse`: (n, m, m), from output points to input points, both counted from the centre.
    """
    dimensions = len(size)
    centre = [(length - 1) / 2 for length in size]
    offsets = []  # of the output's pixels from the centre, in the order x, y, z
    for axis in reversed(range(dimensions)):
        shape = [1] * (dimensions + 1)
        shape[1 + axis] = size[axis]
        offsets.append((np.arange(size[axis]) - centre[axis]).reshape(shape))
    found = []
    for axis in range(dimensions):
        row = inverse[:, dimensions - 1 - axis].reshape(-1, dimensions + 1, *[1] * dimensions)
        terms = [row[:, k] * offsets[k] for k in range(dimensions)]
        terms[0] = terms[0] + (row[:, dimensions] + centre[axis])
        found.append(functools.reduce(np.add, [term.astype(dtype) for term in terms]))
    return found


def _inverses(shape: tuple[int, ...], matrices: npt.ArrayLike) -> Matrix:
    array = np.asarray(numbers("affine_transform", "matrices", matrices), np.float64)
    size = len(shape) - 1
    if size not in (3, 4):
        raise ShapeError(f"affine_transform: x must be (n, h, w, c) or (n, d, h, w, c), got {shape}")
    array = array[None] if array.ndim == 2 else array
    if array.shape[1:] != (size, size) or len(array) not in (1, shape[0]):
        raise ShapeError(
            f"affine_transform: x of shape {shape} needs matrices ({size}, {size}) or ({shape[0]}, {size}, "
            f"{size}), got {np.shape(matrices)}"
        )
    if not np.isfinite(array).all() or not np.allclose(array[:, -1], np.eye(size)[-1]):
        raise ArgumentError("affine_transform: matrices must be finite and end in a row 0 ... 0 1")
    if (np.abs(np.linalg.det(array)) < 1e-12).any():
        raise ArgumentError("affine_transform: matrices must have an inverse; one has determinant 0")
    return np.broadcast_to(np.linalg.inv(array), (shape[0], size, size))


def _reals(who: str, what: str, values: Sequence[Any], counts: tuple[int, ...]) -> tuple[float, ...]:
    if len(values) not in counts:
        raise ArgumentError(
            f"{who}: {what} must be {' or '.join(map(str, counts))} numbers, got {len(values)}"
        )
    for value in values:
        real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not real or not math.isfinite(value):
            raise ArgumentError(f"{who}: {what} must be finite numbers, got {shown(value)}")
    return tuple(float(value) for value in values)


def _dimensions(who: str, dimensions: object) -> int:
    if dimensions not in (2, 3) or not isinstance(dimensions, int):
        raise ArgumentError(f"{who}: dimensions must be 2 or 3, got {shown(dimensions)}")
    return dimensions
