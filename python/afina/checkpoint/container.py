"""Named arrays and JSON in one checksummed file, written whole or not at all.

The layout is that of the safetensors package (see `header`), which also does the writing and reading of the
tensors; checksums, limits and the atomic replacement are added here. A file holds data only: reading one runs
no code, imports nothing by name and opens no other file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from ..errors import ArgumentError, FileFormatError
from ..utils.atomic import atomic_write
from ..utils.regular_file import open_regular
from .header import (
    BLANK_DIGEST,
    DTYPES,
    FORMAT_VERSION,
    HEADER_LIMIT,
    LENGTH_BYTES,
    Header,
    check_name,
    header_digest,
    header_length,
    parse_header,
    reject,
)

DEPTH_LIMIT = 200  # levels of lists and objects in metadata


@dataclass(frozen=True)
class FileContents:
    """What `read_file` returns: arrays by name, and the writer's metadata."""

    tensors: dict[str, npt.NDArray[Any]]
    metadata: dict[str, Any]


def write_file(
    path: str | os.PathLike[str],
    tensors: Mapping[str, npt.NDArray[Any]],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write arrays and JSON metadata to `path`; the old file stays until the new one is whole on the disk.

    `tensors`: bool, integer or float16/32/64 arrays of any shape and memory layout, by name.
    `metadata`: texts, numbers (NaN and inf too), booleans, None, lists and string-keyed objects of these.
    Raises `ArgumentError` for anything else, `OSError` (its narrowest subclass) when the disk refuses.

    >>> import tempfile
    >>> file = tempfile.mkdtemp() + "/weights.afina"
    >>> write_file(file, {"dense/bias": np.zeros(3, np.float32)}, {"epoch": 4})
    >>> read_file(file).metadata["epoch"], read_file(file).tensors["dense/bias"].shape
    (4, (3,))
    """
    where = os.fspath(path)
    arrays = {_own_name(name): _plain(name, array) for name, array in tensors.items()}
    own = {
        "format_version": FORMAT_VERSION,
        "header_sha256": BLANK_DIGEST,
        "metadata": checked_json(dict(metadata or {}), "metadata"),
        "sha256": {name: hashlib.sha256(_bytes_of(array)).hexdigest() for name, array in arrays.items()},
    }
    serialized = safetensors.numpy.save(arrays, {"afina": json.dumps(own, separators=(",", ":"))})
    n = int.from_bytes(serialized[:LENGTH_BYTES], "little")
    if n > HEADER_LIMIT:
        raise ArgumentError(
            f"write_file: {where}: names and metadata take {n} bytes, at most {HEADER_LIMIT} allowed"
        )
    raw = serialized[LENGTH_BYTES : LENGTH_BYTES + n]
    if raw.count(BLANK_DIGEST.encode()) != 1:
        raise ArgumentError(f"write_file: {where}: names and metadata must not hold 64 zeros in a row")
    signed = raw.replace(BLANK_DIGEST.encode(), header_digest(raw).encode())
    with atomic_write(path) as file:
        file.write(serialized[:LENGTH_BYTES])
        file.write(signed)
        file.write(memoryview(serialized)[LENGTH_BYTES + n :])


def read_file(
    path: str | os.PathLike[str],
    *,
    strict: bool = False,
    require_checksums: bool = True,
    size_limit: int | None = None,
) -> FileContents:
    """Read a file written by `write_file`; every byte is checked before anything is returned.

    Only regular files are read; `strict=True` also refuses symbolic links and files with several names (hard
    links). `require_checksums=False` reads files of the safetensors package that carry none. `size_limit`:
    the most bytes the file may have. Raises `FileFormatError` naming the file, the tensor, what is wrong and
    what is allowed; `OSError` when the file cannot be opened. At most twice the file's size is allocated, and
    nothing before its declared sizes are checked.
    """
    where = os.fspath(path)
    with open_regular(where, strict=strict) as file:
        size = os.fstat(file.fileno()).st_size
        if size_limit is not None and size > size_limit:
            reject(where, f"has {size} bytes", f"at most {size_limit}")
        head = file.read(LENGTH_BYTES)
        n = header_length(where, head, size)
        raw = file.read(n)
        data_size = size - LENGTH_BYTES - n
        header = parse_header(where, raw, data_size, require_checksums=require_checksums)
        file.seek(0)
        whole = file.read(size)
    if len(whole) != size or whole[: LENGTH_BYTES + n] != head + raw:
        reject(where, "changed while it was read", "a file that nobody writes to")
    _check_digests(where, header, memoryview(whole)[LENGTH_BYTES + n :])
    try:
        tensors = safetensors.numpy.load(whole)
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{where}: the safetensors package refuses it: {error}") from error
    return FileContents(dict(sorted(tensors.items())), header.metadata)


def checked_json(value: Any, where: str, depth: int = 0) -> Any:
    """`value` as plain JSON types (tuples become lists); `ArgumentError` names the place of anything else.

    >>> checked_json({"a": (1, None)}, "metadata")
    {'a': [1, None]}
    """
    if depth > DEPTH_LIMIT:
        raise ArgumentError(f"write_file: {where} is nested deeper than {DEPTH_LIMIT} levels")
    if value is None or isinstance(value, (bool, str)) or type(value) in {int, float}:
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ArgumentError(f"write_file: {where} has the key {key!r}; keys must be texts")
        return {key: checked_json(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [checked_json(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise ArgumentError(f"write_file: {where} is a {type(value).__name__}; JSON has no such type")


def _own_name(name: str) -> str:
    try:
        return check_name(name, "write_file")
    except FileFormatError as error:
        raise ArgumentError(str(error)) from None


def _plain(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array as the layout wants it: little-endian, row-major, a dtype of the list."""
    given = np.asarray(array)
    little = given.dtype.newbyteorder("<")
    if little not in DTYPES.values():
        names = ", ".join(str(dtype) for dtype in DTYPES.values())
        raise ArgumentError(f"write_file: tensor {name!r} has dtype {given.dtype}; allowed: {names}")
    return np.array(
        given, dtype=little, order="C", copy=not (given.dtype == little and given.flags.c_contiguous)
    )


def _bytes_of(array: npt.NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _check_digests(where: str, header: Header, data: memoryview) -> None:
    if header.digests is None:
        return
    for name, entry in header.entries.items():
        if hashlib.sha256(data[entry.begin : entry.end]).hexdigest() != header.digests[name]:
            reject(
                where,
                f"tensor {name!r} is damaged: its SHA-256 differs from the recorded one",
                "unchanged bytes",
            )
