"""HDF5 files read as plain arrays: no links, no other files, no filters, no objects."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.optional import import_optional

MEMBER_LIMIT = 100_000
DEPTH_LIMIT = 32
NAME_LIMIT = 512


class ArrayFile:
    """The groups and arrays of an HDF5 file, each looked at before it is read."""

    def __init__(self, file: BinaryIO, size: int, where: str) -> None:
        self.where = where
        self._size = size
        self._left = size  # bytes of numbers a file of this size can hold
        self._members = 0
        self._h5py = import_optional("h5py", "reading Keras weights")
        try:
            self.root = self._h5py.File(file, "r")
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            self.refuse(f"not a sound HDF5 file: {_short(error)}", "one written by Keras")

    def close(self) -> None:
        """Let go of the file."""
        self.root.close()

    def refuse(self, what: str, allowed: str) -> NoReturn:
        """Raise FileFormatError with the file's name."""
        raise FileFormatError(f"{self.where}: {what}; allowed: {allowed}")

    def members(self, group: Any, depth: int) -> Iterator[tuple[str, Any]]:
        """The names and objects in a group, none of them reached by a link that leads elsewhere."""
        if depth > DEPTH_LIMIT:
            self.refuse(f"groups are nested deeper than {DEPTH_LIMIT}", "fewer levels")
        for name in group:
            self._members += 1
            if self._members > MEMBER_LIMIT:
                self.refuse(f"more than {MEMBER_LIMIT} members", "fewer")
            if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
                self.refuse(f"a member named {str(name)[:40]!r}", f"1 to {NAME_LIMIT} printable characters")
            if "/" in name or name in (".", ".."):
                self.refuse(f"a member named {name!r}", "names, not paths")
            link = group.get(name, getlink=True)
            if not isinstance(link, self._h5py.HardLink):
                self.refuse(f"{name!r} is a {type(link).__name__}", "members of the file itself")
            yield name, group[name]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Every array by its path, and the text attribute "name" of groups under the path + "@name"."""
        found: dict[str, Any] = {}
        try:
            self._collect(self.root, "", found, 0)
        except (
            OSError,
            RuntimeError,
            ValueError,
            KeyError,
            TypeError,
            OverflowError,
            AttributeError,
        ) as error:
            if isinstance(error, FileFormatError):
                raise
            self.refuse(f"not a sound HDF5 file: {_short(error)}", "one written by Keras")
        return found

    def _collect(self, group: Any, path: str, found: dict[str, Any], depth: int) -> None:
        for key in ("name", "layer_names", "weight_names"):
            if key in group.attrs:
                found[f"{path}@{key}"] = self._texts(group.attrs.get_id(key), group, key)
        for name, member in self.members(group, depth):
            below = f"{path}/{name}" if path else name
            if isinstance(member, self._h5py.Dataset):
                found[below] = self._array(member, below)
            elif isinstance(member, self._h5py.Group):
                self._collect(member, below, found, depth + 1)
            else:
                self.refuse(f"{below!r} is a {type(member).__name__}", "groups and arrays")

    def _texts(self, attribute: Any, group: Any, key: str) -> npt.NDArray[Any]:
        """An attribute of texts."""
        count = math.prod(attribute.shape)
        if count == 0:  # an empty list has the type of nothing in particular
            return np.array([], str)
        if attribute.get_type().get_class() != self._h5py.h5t.STRING or count > MEMBER_LIMIT:
            self.refuse(f"the attribute {key!r} is no list of texts", "texts")
        values = np.ravel(np.asarray(group.attrs[key], dtype=object))
        return np.array([v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values])

    def _array(self, data: Any, path: str) -> npt.NDArray[Any]:
        if data.is_virtual or data.external is not None:
            self.refuse(f"array {path!r} lies in another file", "arrays in the file itself")
        if data.chunks is not None or data.compression is not None:
            self.refuse(f"array {path!r} is in chunks or compressed", "plain arrays, as Keras writes them")
        if data.dtype.kind not in "biuf" or data.dtype.hasobject:
            self.refuse(f"array {path!r} has dtype {data.dtype}", "numbers")
        declared = math.prod(data.shape) * data.dtype.itemsize if data.shape is not None else 0
        if data.shape is None or declared > self._left or data.id.get_storage_size() < declared:
            self.refuse(
                f"array {path!r} declares {declared} bytes", f"those that the file's {self._size} hold"
            )
        self._left -= declared
        return np.asarray(data[()]).astype(data.dtype.newbyteorder("="), copy=False)


def read_hdf5(file: BinaryIO, size: int, where: str) -> dict[str, npt.NDArray[Any]]:
    """All arrays of an open HDF5 file by their paths."""
    whole = ArrayFile(file, size, where)
    try:
        return whole.arrays()
    finally:
        whole.close()


def size_of(file: BinaryIO) -> int:
    """The bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def _short(error: Exception) -> str:
    return str(error).split("\n")[0][:120]
