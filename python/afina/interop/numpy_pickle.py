"""Pickles of NumPy arrays in dicts, lists and tuples, read without running what is in them.

NumPy pickles an array as a call of `_reconstruct` whose result is given its shape, dtype and bytes
afterwards; the machine of `pickled` builds holders instead, which become arrays at the end. Pickle's
protocols 3 and 4 do so; protocol 5 does not and is refused.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.regular_file import open_regular
from ..utils.shapes import is_possible
from .pickled import Calls, Restored, read_pickle

DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
DEPTH_LIMIT = 50


class _DType(Restored):
    """A dtype of the closed list; its byte order comes with the state."""

    def __init__(self, code: Any, *_: Any) -> None:
        if code not in DTYPES:
            raise ValueError("an array of a dtype that is not of plain numbers")
        self.dtype = np.dtype(code)

    def restore(self, state: Any) -> None:
        if state[1] not in ("<", "|", ">", "="):
            raise ValueError("a byte order that does not exist")
        self.dtype = self.dtype.newbyteorder(state[1]) if state[1] != "|" else self.dtype


class _Array(Restored):
    """An array, known after `restore`."""

    def __init__(self, *_: Any) -> None:
        self.array: npt.NDArray[Any] | None = None

    def restore(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(dtype, _DType) or not isinstance(content, bytes):
            raise ValueError("an array without a dtype, a shape or its bytes")
        if any(type(size) is not int for size in shape) or not is_possible(shape, dtype.dtype.itemsize):
            raise ValueError("an array of a shape that is no whole numbers")
        if math.prod(shape) * dtype.dtype.itemsize != len(content):
            raise ValueError(f"an array whose shape {shape} does not fit its {len(content)} bytes")
        self.array = np.frombuffer(content, dtype.dtype).reshape(shape, order="F" if fortran else "C")


_CALLS: Calls = {
    **{
        (f"{module}.multiarray", "_reconstruct"): _Array
        for module in ("numpy.core", "numpy._core")  # before and since NumPy 2
    },
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): None,
}


def read_array_pickle(path: str | os.PathLike[str]) -> Any:
    """Dicts, lists, numbers, texts and arrays of plain numbers from a pickle; the arrays are read-only.

    Raises `FileFormatError` for anything else in it and for a damaged file, `OSError` when it cannot be
    opened.

    >>> import pickle, tempfile
    >>> path = tempfile.mkdtemp() + "/arrays.pkl"
    >>> with open(path, "wb") as file:
    ...     pickle.dump({"bias": np.arange(3)}, file, protocol=4)
    >>> read_array_pickle(path)
    {'bias': array([0, 1, 2])}
    """
    where = os.fspath(path)
    with open_regular(where) as file:
        size = os.fstat(file.fileno()).st_size
        found = read_pickle(file, size, where, _CALLS)
        if file.tell() != size:
            raise FileFormatError(f"{where}: has {size - file.tell()} bytes behind its end")
    return _plain(found, where, {})


def _plain(value: Any, where: str, known: dict[int, Any], depth: int = 0) -> Any:
    """Holders replaced by their arrays; what stands in several places is looked at once."""
    if depth > DEPTH_LIMIT:
        raise FileFormatError(f"{where}: nested deeper than {DEPTH_LIMIT} levels, or in itself")
    if not isinstance(value, dict | list | tuple | Restored):
        return value
    if id(value) in known:
        return known[id(value)]
    if isinstance(value, dict):
        found: Any = {key: _plain(item, where, known, depth + 1) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        found = type(value)([_plain(item, where, known, depth + 1) for item in value])
    else:
        found = getattr(value, "array", None)
        if found is None:
            raise FileFormatError(f"{where}: holds an array without its numbers")
    known[id(value)] = found
    return found
