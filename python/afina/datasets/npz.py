"""NPZ archives of plain arrays, checked before they are unpacked; never pickled objects."""

from __future__ import annotations

import errno
import io
import math
import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.shapes import is_possible


def read_npz(
    source: str | os.PathLike[str] | BinaryIO,
    names: Sequence[str],
    *,
    where: str | None = None,
    size_limit: int = 4 << 30,
) -> dict[str, npt.NDArray[Any]]:
    """The arrays `names` of an NPZ archive given by path or as an open file.

    Every declared size is checked against what the archive holds and against `size_limit` (bytes, all
    together). Raises `FileFormatError` naming the archive and the array.
    """
    label = where if where is not None else os.fspath(source) if not hasattr(source, "read") else "archive"
    arrays: dict[str, npt.NDArray[Any]] = {}
    remaining = size_limit
    try:
        with zipfile.ZipFile(source) as archive:
            for name in names:
                try:
                    info = archive.getinfo(f"{name}.npy")
                except KeyError:
                    there = ", ".join(sorted(entry.removesuffix(".npy") for entry in archive.namelist())[:20])
                    raise FileFormatError(f"{label}: has no array {name!r}; it has: {there}") from None
                if info.file_size > remaining or info.file_size > 1100 * info.compress_size + 1024:
                    raise FileFormatError(
                        f"{label}: array {name!r} declares {info.file_size} bytes; allowed: {remaining}"
                    )
                remaining -= info.file_size
                arrays[name] = _read_npy(f"{label}: array {name!r}", archive.read(info))
    except FileFormatError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the file cannot be opened; a place before its beginning (EINVAL) is the archive's fault
        raise FileFormatError(f"{label}: not a sound NPZ archive: {error}") from error
    return arrays


def _read_npy(where: str, content: bytes) -> npt.NDArray[Any]:
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        if version not in {(1, 0), (2, 0)}:
            raise FileFormatError(f"{where}: NPY version {version}; allowed: 1.0 and 2.0")
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
    except FileFormatError:
        raise
    except (ValueError, SyntaxError, TypeError) as error:
        raise FileFormatError(f"{where}: not a sound NPY header: {error}") from error
    if dtype.hasobject or dtype.kind not in "biufU":
        raise FileFormatError(f"{where}: dtype {dtype}; allowed: numbers, booleans and texts")
    declared = math.prod(shape) * dtype.itemsize
    rest = len(content) - file.tell()
    if not is_possible(shape, dtype.itemsize) or declared != rest:
        raise FileFormatError(
            f"{where}: shape {shape} of {dtype} takes {declared} bytes, the archive holds {rest}"
        )
    values = np.frombuffer(bytearray(content[file.tell() :]), dtype)
    return values.reshape(shape, order="F" if fortran else "C")
