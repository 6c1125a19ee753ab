"""Files written by `torch.save`, read without torch and without running what is in them.

Two layouts. Since torch 1.6 a zip archive: `NAME/data.pkl` is a pickle of the contents, in which tensors
refer to storages, and `NAME/data/KEY` has the numbers of one storage. Before, a stream: pickles of a magic
number, a version, the system's sizes, the contents and the list of the storages' keys; then for each key the
number of elements (int64) and the numbers. Pickles are read by `pickled`, which only ever builds plain data.
"""

from __future__ import annotations

import errno
import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.regular_file import open_regular
from ..utils.shapes import RANK_LIMIT, is_possible
from .pickled import Name, read_pickle

Array = npt.NDArray[Any]

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
ZIP_START = b"PK\x03\x04"
PICKLE_LIMIT = 1 << 28  # bytes of the contents without the storages
ENTRY_LIMIT = 100_000  # files in an archive

_BFLOAT16 = "BFloat16Storage"  # no NumPy type has its numbers: they become float32
DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    _BFLOAT16: np.dtype("<u2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("bool"),
}
# Where checkpoints of whole trainings keep the weights.
STATE_KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net")


def read_torch(path: str | os.PathLike[str]) -> Any:
    """What `torch.save` was given, as plain data: dicts, lists, numbers, texts, and arrays for tensors.

    Arrays are read-only; those that shared memory in torch do here. bfloat16 becomes float32. Raises
    `FileFormatError` for a damaged file and for one with anything but plain data and dense tensors (a whole
    module, an optimizer object, a function); `OSError` when it cannot be opened. Sizes are checked against
    the file before memory is taken.

    >>> import pickle, tempfile
    >>> path = tempfile.mkdtemp() + "/epoch.pth"
    >>> stream = [MAGIC, VERSION, {"little_endian": True}, {"epoch": 4}, []]
    >>> with open(path, "wb") as file:
    ...     _ = file.write(b"".join([pickle.dumps(part, 2) for part in stream]))
    >>> read_torch(path)
    {'epoch': 4}
    """
    where = os.fspath(path)
    with open_regular(where) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(len(ZIP_START))
        file.seek(0)
        if start == ZIP_START:
            return _read_zip(file, size, where)
        return _Stream(file, size, where).contents()


def read_state_dict(path: str | os.PathLike[str], key: str | None = None) -> dict[str, Array]:
    """The tensors of a state dict by name, from a file that is one or has one under `key`.

    Without `key`, `state_dict`, `model_state_dict`, `model_state`, `model` and `net` are tried.
    `FileFormatError` as `read_torch`, and when there is no such dict.
    """
    contents = read_torch(path)
    where = os.fspath(path)
    if isinstance(contents, dict):
        if key is not None:
            contents = contents.get(key)
        else:
            inner = [contents[name] for name in STATE_KEYS if isinstance(contents.get(name), dict)]
            contents = inner[0] if inner else contents
    tensors = contents if isinstance(contents, dict) else {}
    found = {name: value for name, value in tensors.items() if isinstance(value, np.ndarray)}
    if not found or not all(isinstance(name, str) for name in found):
        at = f" under {key!r}" if key is not None else ""
        raise FileFormatError(f"{where}: has no tensors by name{at}; allowed: a state dict")
    return found


# --- tensors ---


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Array:
    """torch._utils._rebuild_tensor_v2: a window of a storage, its sizes all checked."""
    numbers = [*shape, *strides, offset]
    if not isinstance(storage, np.ndarray) or any(type(n) is not int or n < 0 for n in numbers):
        raise ValueError("a tensor without a storage, or with sizes that are no whole numbers")
    if len(shape) != len(strides) or len(shape) > RANK_LIMIT:
        raise ValueError(f"a tensor with {len(shape)} sizes and {len(strides)} strides")
    count = math.prod(shape)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if count > len(storage) or (count and last >= len(storage)):
        raise ValueError(f"a tensor of shape {shape} does not fit into its storage of {len(storage)} numbers")
    if not is_possible(shape, storage.itemsize):
        raise ValueError(f"a tensor of shape {shape}, larger than 2**63 bytes")
    if not count:
        return np.zeros(shape, storage.dtype)
    steps = [stride * storage.itemsize if n > 1 else 0 for n, stride in zip(shape, strides, strict=True)]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


def _rebuild_parameter(data: Any, *_: Any) -> Any:
    return data


def _size(numbers: Any) -> tuple[Any, ...]:
    return tuple(numbers)


def _ordered_dict(*items: Any) -> dict[Any, Any]:
    if items:
        raise ValueError("an ordered dict that is made from arguments")
    return {}


_CALLS: dict[Name, Callable[..., Any] | None] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch", "Size"): _size,
    **{("torch", name): None for name in DTYPES},
}


def _declared(identity: Any) -> tuple[str, str, int]:
    """Type, key and length that a persistent id declares: ("storage", type, key, place, length)."""
    if len(identity) not in (5, 6) or identity[0] != "storage" or any(identity[5:]):
        raise ValueError(f"a persistent id of {len(identity)} parts, not that of a whole storage")
    _, kind, key, _, count = identity[:5]
    if not (isinstance(kind, tuple) and kind[1] in DTYPES and isinstance(key, str)):
        raise ValueError("a storage without a type and a key")
    if type(count) is not int or count < 0:
        raise ValueError(f"a storage of {count} numbers")
    return kind[1], key, count


def _as_numbers(where: str, kind: str, raw: Array) -> Array:
    """The numbers of a storage: bfloat16 is the upper half of a float32, truth values are 0 or 1."""
    if kind == _BFLOAT16:
        return (raw.astype(np.uint32) << 16).view(np.float32)
    if kind == "BoolStorage" and raw.size and int(raw.view(np.uint8).max()) > 1:
        raise FileFormatError(f"{where}: a storage has truth values other than 0 and 1")
    return raw


def _known(storages: dict[str, tuple[str, int, Array]], kind: str, key: str, count: int) -> Array:
    """A storage that was named before, in the same words."""
    if storages[key][:2] != (kind, count):
        raise ValueError(f"the storage {key!r} with two sizes")
    return storages[key][2]


# --- the stream of before torch 1.6 ---


class _Stream:
    """Pickles, then storages; a storage's memory is taken when a tensor names it and filled at the end."""

    def __init__(self, file: BinaryIO, size: int, where: str) -> None:
        self.file, self.size, self.where = file, size, where
        self.left = size  # bytes that storages may still declare
        self.storages: dict[str, tuple[str, int, Array]] = {}

    def pickle(self, **further: Any) -> Any:
        return read_pickle(self.file, min(self.size, self.file.tell() + PICKLE_LIMIT), self.where, **further)

    def contents(self) -> Any:
        """Everything, in the order of the stream."""
        if self._magic() != MAGIC or self.pickle(calls={}) != VERSION:
            raise FileFormatError(f"{self.where}: not a file of torch.save; allowed: .pth in either layout")
        system = self.pickle(calls={})
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise FileFormatError(f"{self.where}: its numbers are not little-endian")
        found = self.pickle(calls=_CALLS, persistent=self.storage)
        keys = self.pickle(calls={})
        known = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if not known or sorted(keys) != sorted(self.storages):
            raise FileFormatError(f"{self.where}: the storages at its end are not those its tensors name")
        for key in keys:
            self._fill(key)
        if self.file.tell() != self.size:
            raise FileFormatError(f"{self.where}: has {self.size - self.file.tell()} bytes behind its end")
        return found

    def _magic(self) -> int | None:
        """The first pickle is one number of ten bytes, longer than any other number may be."""
        start = self.file.read(64)
        found = re.match(rb"\x80\x02\x8a\x0a(.{10})\.", start, re.DOTALL)
        self.file.seek(found.end() if found else 0)
        return int.from_bytes(found.group(1), "little") if found else None

    def storage(self, identity: Any) -> Array:
        kind, key, count = _declared(identity)
        if key in self.storages:
            return _known(self.storages, kind, key, count)
        self.left -= 8 + count * DTYPES[kind].itemsize
        if self.left < 0:
            raise ValueError(f"storages of more than the file's {self.size} bytes")
        dtype = np.dtype(np.float32) if kind == _BFLOAT16 else DTYPES[kind]
        array = np.empty(count, dtype)
        self.storages[key] = (kind, count, array)
        return array

    def _fill(self, key: str) -> None:
        kind, count, array = self.storages[key]
        head = self.file.read(8)
        raw = np.fromfile(self.file, DTYPES[kind], count)
        if len(head) < 8 or struct.unpack("<q", head)[0] != count or len(raw) != count:
            raise FileFormatError(f"{self.where}: the storage {key!r} is cut short or of another size")
        array[:] = _as_numbers(self.where, kind, raw)


# --- the archive since torch 1.6 ---

# what Python's zipfile raises for damaged archives
_UNSOUND = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(RuntimeError, struct.error, ValueError, KeyError),
)


def _read_zip(file: BinaryIO, size: int, where: str) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            return _Archive(archive, size, where).contents()
    except FileFormatError:
        raise
    except _UNSOUND as error:
        raise FileFormatError(f"{where}: not a sound archive: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # what a place before the file's beginning gives
            raise
        raise FileFormatError(f"{where}: not a sound archive: a place outside of the file") from error


class _Archive:
    """A pickle and storages as files of an archive; a storage is read when a tensor names it."""

    def __init__(self, archive: zipfile.ZipFile, size: int, where: str) -> None:
        self.archive, self.where = archive, where
        self.entries = _entries(archive, size, where)
        self.prefix = next(name for name in self.entries if _is_head(name)).removesuffix("data.pkl")
        self.storages: dict[str, tuple[str, int, Array]] = {}

    def contents(self) -> Any:
        """The pickle's value."""
        order = self.entries.get(f"{self.prefix}byteorder")
        if order is not None and self.archive.read(order) != b"little":
            raise FileFormatError(f"{self.where}: its numbers are not little-endian")
        info = self.entries[f"{self.prefix}data.pkl"]
        if info.file_size > PICKLE_LIMIT:
            raise FileFormatError(f"{self.where}: its pickle has {info.file_size} bytes")
        with self.archive.open(info) as head:
            return read_pickle(cast(BinaryIO, head), info.file_size, self.where, _CALLS, self.storage)

    def storage(self, identity: Any) -> Array:
        kind, key, count = _declared(identity)
        if key not in self.storages:
            info = self.entries[f"{self.prefix}data/{key}"]
            if info.file_size != count * DTYPES[kind].itemsize:
                raise ValueError(f"the storage {key!r} declares {count} numbers in {info.file_size} bytes")
            raw = np.frombuffer(self.archive.read(info), DTYPES[kind])
            self.storages[key] = (kind, count, _as_numbers(self.where, kind, raw))
        return _known(self.storages, kind, key, count)


def _is_head(name: str) -> bool:
    return name.count("/") == 1 and name.endswith("/data.pkl")


def _entries(archive: zipfile.ZipFile, size: int, where: str) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by name: stored as they are, each once, together no more than the archive."""
    listed = archive.infolist()
    entries = {info.filename: info for info in listed}
    if len(listed) > ENTRY_LIMIT or len(entries) < len(listed):
        raise FileFormatError(f"{where}: its archive has {len(listed)} files, {len(entries)} different ones")
    if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in listed):
        raise FileFormatError(
            f"{where}: its archive is compressed or encrypted; allowed: files stored plainly"
        )
    if sum(info.file_size for info in listed) > size:
        raise FileFormatError(f"{where}: its archive declares more bytes than the {size} it has")
    if sum(_is_head(name) for name in entries) != 1 or any("/code/" in name for name in entries):
        raise FileFormatError(
            f"{where}: not a file of torch.save; allowed: .pth with plain data, no programs"
        )
    return entries
