"""The readers of files from elsewhere, each with small sound files to begin from."""

from __future__ import annotations

import io
import pickle
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))

LIMIT = 1 << 26  # bytes of arrays that a file of a few kilobytes may become


@dataclass(frozen=True)
class Reader:
    """How a format is read, and files to begin from; `checked` ones notice every changed bit."""

    read: Callable[[Path], Any]
    seeds: Callable[[], list[bytes]]
    checked: bool = False


def arrays() -> dict[str, np.ndarray]:
    """A few small arrays of several types."""
    numbers = np.random.default_rng(0)
    return {
        "layer/kernel": numbers.standard_normal((3, 4)).astype("float32"),
        "layer/bias": numbers.standard_normal(4),
        "count": np.array(7),
        "truths": np.array([True, False, True]),
    }


def _written(write: Callable[[Path], Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed"
        write(path)
        return path.read_bytes()


def _afina() -> list[bytes]:
    from afina.checkpoint import write_file

    return [_written(lambda path: write_file(path, arrays(), {"epoch": 3, "note": [1.5, None]}))]


def _safetensors() -> list[bytes]:
    import safetensors.numpy

    return [safetensors.numpy.save(arrays(), {"format": "np"})]


def _hdf5() -> list[bytes]:
    from keras_files import write_tree

    tree = {
        f"layers/dense/vars/{i}": array for i, array in enumerate(arrays().values()) if array.dtype != bool
    }
    return [_written(lambda path: write_tree(path, tree, {"layers/dense/vars": "first"}))]


def _keras() -> list[bytes]:
    weights = _hdf5()[0]
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
            archive.writestr("model.weights.h5", weights)
        found.append(content.getvalue())
    return found


def _onnx() -> list[bytes]:
    from onnx_networks import classifier

    return [classifier().SerializeToString()]


def _torch() -> list[bytes]:
    import torch_files

    kept = {name: array for name, array in arrays().items() if array.ndim}
    return [torch_files.stream(kept), torch_files.archive(kept)]


def _pickle() -> list[bytes]:
    return [pickle.dumps({"arrays": arrays(), "pair": (1, [None, "x"])}, protocol) for protocol in (3, 4)]


def _npz() -> list[bytes]:
    content = io.BytesIO()
    np.savez(content, **{name.replace("/", "_"): array for name, array in arrays().items()})
    packed = io.BytesIO()
    np.savez_compressed(packed, **{name.replace("/", "_"): array for name, array in arrays().items()})
    return [content.getvalue(), packed.getvalue()]


def _idx() -> list[bytes]:
    from afina.datasets.idx import write_idx

    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    found = []
    for suffix in ("", ".gz"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"seed{suffix}"
            write_idx(path, values)
            found.append(path.read_bytes())
    return found


def _read_afina(path: Path) -> Any:
    from afina.checkpoint import read_file

    return read_file(path).tensors


def _read_safetensors(path: Path) -> Any:
    from afina.interop.safetensors import read_arrays

    return read_arrays(path)


def _read_keras(path: Path) -> Any:
    from afina.interop.keras import read_weights

    return read_weights(path)


def _read_onnx(path: Path) -> Any:
    from afina.interop.onnx import load

    return {w.path: w.numpy() for w in load(path).weights}


def _read_torch(path: Path) -> Any:
    from afina.interop.torch_file import read_torch

    return read_torch(path)


def _read_pickle(path: Path) -> Any:
    from afina.interop import read_array_pickle

    return read_array_pickle(path)


def _read_npz(path: Path) -> Any:
    from afina.datasets.npz import read_npz

    return read_npz(path, ["layer_kernel", "layer_bias", "count", "truths"])


def _read_idx(path: Path) -> Any:
    from afina.datasets.idx import read_idx

    return {"values": read_idx(path)}


READERS = {
    "afina": Reader(_read_afina, _afina, checked=True),
    "safetensors": Reader(_read_safetensors, _safetensors),
    "hdf5": Reader(_read_keras, _hdf5),
    "keras": Reader(_read_keras, _keras),
    "onnx": Reader(_read_onnx, _onnx),
    "torch": Reader(_read_torch, _torch),
    "pickle": Reader(_read_pickle, _pickle),
    "npz": Reader(_read_npz, _npz),
    "idx": Reader(_read_idx, _idx),
}


def outcome(reader: Reader, path: Path) -> str:
    """ "refused", or "read" when what came out is plain data of a size that fits the file.

    Any other exception than the typed ones goes through, and so is a finding.
    """
    from afina.errors import FileFormatError, UnsupportedOperatorError

    size = path.stat().st_size
    try:
        found = reader.read(path)
    except (FileFormatError, UnsupportedOperatorError):
        return "refused"
    total = sum(value.nbytes for value in _arrays_in(found))
    assert total <= 1100 * size + LIMIT, f"{total} bytes out of a file of {size}"
    return "read"


def _arrays_in(found: Any) -> list[np.ndarray]:
    if isinstance(found, np.ndarray):
        return [found]
    if isinstance(found, dict):
        return [array for value in found.values() for array in _arrays_in(value)]
    if isinstance(found, list | tuple):
        return [array for value in found for array in _arrays_in(value)]
    assert found is None or isinstance(found, bool | int | float | complex | str | bytes | set), type(found)
    return []
