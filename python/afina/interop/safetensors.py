"""safetensors files, in and out, with other libraries' names for the weights.

A file that Afina writes is itself in this layout (`model.save_weights`); here are names to choose and files
without checksums, as others write them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checkpoint.container import read_file, write_file
from ..checkpoint.model_file import weight_names
from ..errors import ArgumentError, NotBuiltError
from ..layers.layer import Layer

Array = npt.NDArray[Any]
# From a weight's name here to its name in the file, and where axes differ their order: axis axes[k] of the
# file's array is axis k here.
Names = Mapping[str, str | tuple[str, tuple[int, ...]]] | Callable[[str], str]


def read_arrays(path: str | os.PathLike[str], *, strict: bool = False) -> dict[str, Array]:
    """The arrays in a safetensors file by their names; checksums are compared where the file has them.

    Raises `FileFormatError` for a damaged or hostile file, before memory for what it declares is taken.

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/model.safetensors"
    >>> write_arrays(path, {"fc.bias": np.zeros(3, np.float32)})
    >>> read_arrays(path)["fc.bias"].tolist()
    [0.0, 0.0, 0.0]
    """
    return read_file(path, strict=strict, require_checksums=False).tensors


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Array]) -> None:
    """Write arrays to a safetensors file that any reader of the format takes; atomically, with checksums."""
    write_file(path, arrays)


def save_weights(model: Layer, path: str | os.PathLike[str], names: Names | None = None) -> None:
    """Write a model's weights under the names that `names` gives them; without it under their own.

    `names`: a mapping from own names (`dense/kernel`; `afina.checkpoint.model_file.weight_names` lists them)
    to a name, or to a name and the order of the axes of the file's array; or a function of the name.
    """
    arrays = {}
    for own, weight in weight_names(model).items():
        name, axes = _named(own, names)
        array = weight.numpy()
        if name in arrays:
            raise ArgumentError(f"save_weights: names gives two weights the name {name!r}")
        arrays[name] = array if axes is None else np.transpose(array, np.argsort(_checked(own, axes, array)))
    write_file(path, {name: np.ascontiguousarray(array) for name, array in arrays.items()})


def load_weights(
    model: Layer, path: str | os.PathLike[str], names: Names | None = None, *, strict: bool = False
) -> list[str]:
    """Overwrite a built model's weights; returns the names in the file that no weight has asked for.

    Every weight must be there in its shape, or nothing is changed and `ArgumentError` says what differs.
    `names` as in `save_weights`.

    >>> import tempfile, afina
    >>> model = afina.models.Sequential([afina.layers.Dense(2, input_shape=(3,))])
    >>> path = tempfile.mkdtemp() + "/torch.safetensors"
    >>> torch_names = {"dense/kernel": ("fc.weight", (1, 0)), "dense/bias": "fc.bias"}
    >>> save_weights(model, path, torch_names)
    >>> read_arrays(path)["fc.weight"].shape, load_weights(model, path, torch_names)
    ((2, 3), [])
    """
    where = os.fspath(path)
    if not model.weights:
        raise NotBuiltError(
            f"{where}: {model.label} has no weights yet; call it on data or build(shape) first"
        )
    arrays = read_arrays(path, strict=strict)
    found: list[tuple[Any, Array]] = []
    asked: set[str] = set()
    for own, weight in weight_names(model).items():
        name, axes = _named(own, names)
        if name not in arrays:
            raise ArgumentError(f"{where}: has no {name!r} for {own}; it has {', '.join(sorted(arrays)[:8])}")
        array = arrays[name]
        array = array if axes is None else np.transpose(array, _checked(own, axes, array))
        if array.shape != weight.shape:
            raise ArgumentError(f"{where}: {name!r} has shape {array.shape}, {own} has {weight.shape}")
        asked.add(name)
        found.append((weight, array))
    for weight, array in found:
        weight.assign(array.astype(weight.dtype))
    return sorted(set(arrays) - asked)


def _named(own: str, names: Names | None) -> tuple[str, tuple[int, ...] | None]:
    if names is None:
        return own, None
    given = names(own) if callable(names) else names.get(own, own)
    return (given, None) if isinstance(given, str) else (given[0], tuple(given[1]))


def _checked(own: str, axes: tuple[int, ...], array: Array) -> tuple[int, ...]:
    if sorted(axes) != list(range(array.ndim)):
        raise ArgumentError(f"names: axes of {own} must be an order of {array.ndim} axes, got {axes}")
    return axes
