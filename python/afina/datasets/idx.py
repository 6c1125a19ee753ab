"""IDX files, the format of MNIST and its relatives, plain or gzipped.

    2 zero bytes, 1 byte of type, 1 byte with the number of dimensions, each size as a big-endian uint32, the
    values

Everything the head declares is checked against the file's size before memory for it is taken.
"""

from __future__ import annotations

import gzip
import math
import os
import stat
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.shapes import is_possible

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
RANK_LIMIT = 8
GZIP_RATIO = 1032  # deflate cannot expand a byte into more


def read_idx(path: str | os.PathLike[str], *, size_limit: int = 4 << 30) -> npt.NDArray[Any]:
    """The array in an IDX file; a file that begins with the gzip magic is unpacked on the way.

    `size_limit`: the most bytes the values may take.
    Raises `FileFormatError` naming the file, what is wrong and what is allowed; `OSError` when it cannot be
    opened.
    """
    where = os.fspath(path)
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            _reject(where, "is not a regular file", "a regular file")
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _read(where, file, size_limit, status.st_size)
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(where, unpacked, size_limit, None, status.st_size * GZIP_RATIO)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileFormatError(f"{where}: not a sound gzip file: {error}") from error


def write_idx(path: str | os.PathLike[str], array: npt.NDArray[Any]) -> None:
    """Write an array as an IDX file, gzipped where the name ends in `.gz`; the dtypes are IDX's six.

    >>> import tempfile
    >>> file = tempfile.mkdtemp() + "/labels-idx1-ubyte.gz"
    >>> write_idx(file, np.array([5, 0, 4], np.uint8))
    >>> read_idx(file)
    array([5, 0, 4], dtype=uint8)
    """
    code = next((code for code, dtype in DTYPES.items() if dtype == array.dtype.newbyteorder(">")), None)
    if code is None or array.ndim > RANK_LIMIT:
        _reject(
            os.fspath(path),
            f"cannot hold {array.dtype} of {array.ndim} dimensions",
            "u1 i1 i2 i4 f4 f8, at most 8",
        )
    head = bytes([0, 0, code, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    content = head + array.astype(DTYPES[code]).tobytes()
    Path(path).write_bytes(gzip.compress(content, mtime=0) if os.fspath(path).endswith(".gz") else content)


def _read(
    where: str, file: BinaryIO | gzip.GzipFile, size_limit: int, exact: int | None, bound: int | None = None
) -> npt.NDArray[Any]:
    """`exact`: the whole size where it is known; `bound`: what it cannot exceed."""
    head = file.read(4)
    if len(head) < 4:
        _reject(where, f"{len(head)} bytes are too few for an IDX file", "at least 4")
    if head[:2] != b"\0\0" or head[2] not in DTYPES or not 1 <= head[3] <= RANK_LIMIT:
        _reject(
            where,
            f"magic number {head.hex()}",
            f"0000, a type of 08 09 0b 0c 0d 0e, 1 to {RANK_LIMIT} dimensions",
        )
    dtype, rank = DTYPES[head[2]], head[3]
    sizes = file.read(4 * rank)
    if len(sizes) < 4 * rank:
        _reject(where, f"ends inside the sizes of its {rank} dimensions", f"{4 * rank} bytes")
    shape = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, 4 * rank, 4))
    declared = math.prod(shape) * dtype.itemsize
    whole = 4 + 4 * rank + declared
    if declared > size_limit or not is_possible(shape, dtype.itemsize):
        _reject(where, f"declares {declared} bytes of shape {shape}", f"at most {size_limit}")
    if (exact is not None and whole != exact) or (bound is not None and whole > bound):
        size = f"{exact} bytes" if exact is not None else f"at most {bound} bytes"
        _reject(where, f"declares shape {shape}, so {whole} bytes in all; it holds {size}", "equal sizes")
    values = file.read(declared)
    if len(values) != declared or file.read(1):
        came = f"only {len(values)}" if len(values) != declared else "more"
        _reject(where, f"declares {declared} bytes of values and holds {came}", "equal sizes")
    array = np.frombuffer(bytearray(values), dtype).reshape(shape)
    native: npt.NDArray[Any] = array.astype(dtype.newbyteorder("="), copy=False)
    return native


def _reject(where: str, what: str, allowed: str) -> NoReturn:
    raise FileFormatError(f"{where}: {what}; allowed: {allowed}")
