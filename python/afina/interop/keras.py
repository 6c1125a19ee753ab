"""Weights that Keras has written, into models of the same layers.

Three files: `.weights.h5` and `.keras` of Keras 3 (a zip with such a file inside), whose groups are named
after the classes of layers and counted, `layers/dense_1/vars/0`; and the older `.h5`, which lists its arrays.
The arrays lie as in Afina. Configurations in these files are not used: the caller has the model.
"""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError, FileFormatError, NotBuiltError
from ..layers.layer import Layer
from ..layers.naming import snake_case
from ..models.model import Model
from ..parameter import Parameter
from ..utils.regular_file import open_regular
from .hdf5 import read_hdf5

WEIGHTS = "model.weights.h5"
# What zipfile raises for an archive that is damaged, besides OSError for a place before its beginning.
UNSOUND_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
RATIO = 1100  # deflate cannot expand a byte into more
CONFIG_LIMIT = 64 << 20
_PROJECTIONS = ("query_dense", "key_dense", "value_dense", "output_dense")

Array = npt.NDArray[Any]


def read_weights(path: str | os.PathLike[str], *, strict: bool = False) -> dict[str, Array]:
    """The arrays in a `.weights.h5`, `.keras` or older `.h5` file by their paths in it.

    Refused with `FileFormatError`: links of any kind, arrays in other files, compressed ones, objects, sizes
    beyond the file's, damaged files, and `.keras` files with a Lambda, whose configuration is code.
    """
    found = _read(path, os.fspath(path), strict)
    return {name: array for name, array in found.items() if array.dtype.kind != "U"}


def load_weights(model: Layer, path: str | os.PathLike[str], *, strict: bool = False) -> None:
    """Overwrite the weights of a built model by those of a Keras file of the same network.

    Layers are found by their names where the model has all names of the file, otherwise by class and order.
    Nothing is changed when something differs: `ArgumentError` says what. Raises as `read_weights` does.

    A layer's weights have the same order and shapes in both libraries.
    """
    where = os.fspath(path)
    if not model.weights:
        raise NotBuiltError(
            f"{where}: {model.label} has no weights yet; call it on data or build(shape) first"
        )
    found = _read(path, where, strict)
    pairs = _older(model, found, where) if _list_key(found) is not None else _newer(model, found, where)
    covered = {id(weight) for weight, _ in pairs}
    missing = [w.path for w in model.weights if id(w) not in covered]
    if missing:
        raise ArgumentError(f"{where}: has no array for {', '.join(missing[:5])} of {model.label}")
    for weight, array in pairs:
        if weight.shape != array.shape:
            raise ArgumentError(
                f"{where}: {weight.path} has shape {weight.shape}, the file's has {array.shape}"
            )
    for weight, array in pairs:
        weight.assign(array.astype(weight.dtype))


def _read(path: str | os.PathLike[str], where: str, strict: bool) -> dict[str, Array]:
    with open_regular(path, strict=strict) as file:
        start, size = file.read(2), os.fstat(file.fileno()).st_size
        file.seek(0)
        return _read_zip(file, size, where) if start == b"PK" else read_hdf5(file, size, where)


def _read_zip(file: BinaryIO, size: int, where: str) -> dict[str, Array]:
    """The weights in a `.keras` archive; its configuration is only searched for code."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [info.filename for info in archive.infolist()]
            if len(set(names)) < len(names) or WEIGHTS not in names:
                raise FileFormatError(
                    f"{where}: holds {names[:10]}; allowed: one {WEIGHTS} and nothing twice"
                )
            for name in names:
                if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                    raise FileFormatError(f"{where}: member {name[:80]!r}; allowed: names inside the archive")
            if "config.json" in names:
                _refuse_code(json.loads(_member(archive, "config.json", CONFIG_LIMIT, where)), where)
            content = _member(archive, WEIGHTS, RATIO * size, where)
    except (*UNSOUND_ZIP, OSError) as error:
        if isinstance(error, FileFormatError) or getattr(error, "errno", None) not in (None, errno.EINVAL):
            raise
        raise FileFormatError(f"{where}: not a sound archive: {str(error)[:120]}") from error
    return read_hdf5(io.BytesIO(content), len(content), f"{where}: {WEIGHTS}")


def _member(archive: zipfile.ZipFile, name: str, limit: int, where: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileFormatError(f"{where}: {name} is packed by method {info.compress_type}; allowed: 0 and 8")
    if info.file_size > min(limit, RATIO * info.compress_size + 1024):
        raise FileFormatError(f"{where}: {name} declares {info.file_size} bytes; allowed: at most {limit}")
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise FileFormatError(f"{where}: {name} has not the {info.file_size} bytes it declares")
    return content


def _refuse_code(config: Any, where: str) -> None:
    pending = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.get("class_name") in ("Lambda", "__lambda__"):
                raise FileFormatError(
                    f"{where}: its configuration holds a Lambda, which is code; allowed: layers"
                )
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


# --- Keras 3 ---


def _newer(model: Layer, found: dict[str, Array], where: str) -> list[tuple[Parameter, Array]]:
    """Weights and arrays, group by group."""
    arrays = {
        name: array
        for name, array in found.items()
        if array.dtype.kind != "U"
        and not name.startswith("optimizer/")
        and "/seed_generator/" not in f"/{name}"
    }
    pairs: list[tuple[Parameter, Array]] = []
    taken: set[str] = set()

    def take(layer: Layer, path: str, weights: list[Parameter]) -> None:
        for index, weight in enumerate(weights):
            name = f"{path}vars/{index}"
            if name not in arrays:
                raise ArgumentError(f"{where}: has no {name} for {weight.path} of {layer.label}")
            if name not in taken:
                taken.add(name)
                pairs.append((weight, arrays[name]))

    def visit(layer: Layer, path: str) -> None:
        if type(layer).__name__ == "MultiHeadAttention":
            per = len(layer.weights) // len(_PROJECTIONS)
            for index, part in enumerate(_PROJECTIONS):
                take(layer, f"{path}{part}/", layer.weights[index * per : (index + 1) * per])
            return
        take(layer, path, _own(layer))
        for name, child in _parts(layer, path, found):
            visit(child, name)

    visit(model, "")
    unused = sorted(set(arrays) - taken)
    if unused:
        raise ArgumentError(f"{where}: {model.label} has no weight for {', '.join(unused[:5])}")
    return pairs


def _own(layer: Layer) -> list[Parameter]:
    return (
        [] if isinstance(layer, Model) else [w for w in layer._assigned_weights() if isinstance(w, Parameter)]
    )


def _parts(layer: Layer, path: str, found: dict[str, Array]) -> Iterator[tuple[str, Layer]]:
    """The layers inside one, with the paths of their groups."""
    if isinstance(layer, Model):
        yield from _listed(layer.layers, f"{path}layers/", found)
        return
    for attribute, value in vars(layer).items():
        if isinstance(value, Layer):
            yield f"{path}{attribute}/", value
        elif isinstance(value, list) and value and all(isinstance(item, Layer) for item in value):
            yield from _listed(value, f"{path}{attribute}/", found)


def _listed(layers: list[Layer], path: str, found: dict[str, Array]) -> Iterator[tuple[str, Layer]]:
    """Groups of a list: by the names written into them if all are ours, else by class, counted."""
    named: dict[str, str] = {}
    for key, value in found.items():
        group = key.removesuffix("vars@name")
        if key.endswith("/vars@name") and group.startswith(path) and "/" not in group[len(path) : -1]:
            named[str(value[0])] = group
    weighty = [layer for layer in layers if layer.weights]
    if len(named) >= len(weighty) and all(layer.name in named for layer in weighty):
        yield from [(named[layer.name], layer) for layer in weighty]
        return
    counts: Counter[str] = Counter()
    for layer in layers:
        word = _group_word(layer)
        yield f"{path}{word}_{counts[word]}/" if counts[word] else f"{path}{word}/", layer
        counts[word] += 1


def _group_word(layer: Layer) -> str:
    name = type(layer).__name__
    return "functional" if name == "Model" else snake_case(name)


# --- before Keras 3 ---


def _list_key(found: dict[str, Array]) -> str | None:
    return next((key for key in ("@layer_names", "model_weights@layer_names") if key in found), None)


def _older(model: Layer, found: dict[str, Array], where: str) -> list[tuple[Parameter, Array]]:
    """Layers with weights, in order; the groups of the file in the order of its list."""
    key = _list_key(found)
    assert key is not None
    path = key.removesuffix("@layer_names")
    groups: list[list[tuple[str, Array | None]]] = []
    for name in found[key]:
        group = f"{path}/{name}" if path else str(name)
        names = found.get(f"{group}@weight_names", np.array([], str))
        if len(names):
            groups.append([(f"{group}/{n}", found.get(f"{group}/{n}")) for n in names])
    parts = [part for part in (model.layers if isinstance(model, Model) else [model]) if part.weights]
    if len(groups) != len(parts):
        raise ArgumentError(f"{where}: has {len(groups)} layers with weights, {model.label} {len(parts)}")
    pairs: list[tuple[Parameter, Array]] = []
    for part, entries in zip(parts, groups, strict=True):
        weights = (
            [*part.trainable_weights, *part.non_trainable_weights]
            if isinstance(part, Model)
            else part.weights
        )
        if len(weights) != len(entries):
            raise ArgumentError(
                f"{where}: has {len(entries)} arrays for {part.label}, which has {len(weights)} weights"
            )
        for weight, (label, array) in zip(weights, entries, strict=True):
            if array is None or array.dtype.kind == "U":
                raise FileFormatError(f"{where}: lists {label[:80]!r}, which it does not hold")
            pairs.append((weight, array))
    return pairs
