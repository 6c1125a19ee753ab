"""What a trained network sees in images: the outputs of one of its layers, as rows (K6)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checkpoint.container import read_file, write_file
from ..errors import ArgumentError
from ..models import Model
from ..refusal import numbers, shown
from .cutting import feature_tensor

Array = npt.NDArray[Any]

POOLINGS = ("avg", "max", "flat", None)


def extract(
    model: Any,
    x: Any,
    layer: str | None = None,
    *,
    pooling: str | None = "avg",
    batch_size: int = 32,
    verbose: int = 0,
    cache: str | os.PathLike[str] | None = None,
) -> Array:
    """The outputs of `layer` for `x` in inference mode, one row for each example.

    `layer`: a name; by default what goes into the classifier (see `feature_tensor`).
    `pooling`: activation maps (n, h, w, c) become rows by "avg" or "max" over the pixels or "flat"; None
    keeps them. `verbose=1` shows progress. `cache`: a folder; what was computed once from the same weights
    and the same data is read from there. Raises `ArgumentError` for a layer that does not exist.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(4, input_shape=(3,), name="wide"), layers.Dense(2)])
    >>> extract(model, np.ones((5, 3), "float32")).shape
    (5, 4)
    """
    if pooling not in POOLINGS:
        raise ArgumentError(f"extract: pooling must be one of {list(POOLINGS)}, got {shown(pooling)}")
    if not isinstance(model, Model):
        raise ArgumentError(f"extract: model must be a model, got {shown(model)}")
    data = np.asarray(numbers("extract", "x", x))
    truncated = Model(model.input, feature_tensor(model, layer))
    if cache is None:
        return _pooled(truncated.predict(data, batch_size=batch_size, verbose=verbose), pooling)
    path = Path(cache) / f"features-{_digest(truncated, data, pooling)}.afina"
    if path.is_file():
        return read_file(path).tensors["features"]
    rows = _pooled(truncated.predict(data, batch_size=batch_size, verbose=verbose), pooling)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, {"features": rows}, {"layer": truncated.output_names[0], "pooling": pooling})
    return rows


def _pooled(maps: Array, pooling: str | None) -> Array:
    if maps.ndim == 2 or pooling is None:
        return maps
    if pooling == "flat":
        return maps.reshape(len(maps), -1)
    between = tuple(range(1, maps.ndim - 1))
    return np.asarray(maps.mean(between) if pooling == "avg" else maps.max(between))


def _digest(truncated: Any, data: Array, pooling: str | None) -> str:
    """Everything that the rows depend on."""
    digest = hashlib.sha256(f"{truncated.output_names} {pooling} {data.dtype} {data.shape}".encode())
    for array in (*truncated.get_weights(), data):
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    digest.update(",".join([layer.name for layer in truncated.layers]).encode())
    return digest.hexdigest()[:32]
