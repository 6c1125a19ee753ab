"""The head of a tensor file, read as data that may be hostile.

Layout (that of the safetensors package, which reads these files too):

    8 bytes   length n of the header, little-endian
    n bytes   JSON: {"__metadata__": {"afina": "<JSON>"}, name: {"dtype", "shape", "data_offsets"}, ...}
    the rest  the tensors' bytes, without gaps

The JSON under "afina" holds what the layout lacks: a format version, the SHA-256 of every tensor, the
metadata of the writer and the SHA-256 of the header itself (its own 64 digits counted as zeros).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..errors import FileFormatError
from ..utils.shapes import RANK_LIMIT, is_possible

FORMAT_VERSION = 1
LENGTH_BYTES = 8
HEADER_LIMIT = 16 << 20  # bytes; ten thousand tensors with long names and a long history need a quarter of it
VALUE_LIMIT = 1_000_000  # commas and brackets in the header: bounds the memory its parsing takes
NAME_LIMIT = 512  # characters

BLANK_DIGEST = "0" * 64

# The closed list of what a tensor may be; bfloat16 has no NumPy type and stays out.
DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("bool"),
    "U8": np.dtype("uint8"),
    "I8": np.dtype("int8"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}


@dataclass(frozen=True)
class Entry:
    """Where one tensor lies: its bytes are data[begin:end]."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a checked header says. `digests` is None in a file that Afina did not write."""

    entries: dict[str, Entry]
    metadata: dict[str, Any]
    digests: dict[str, str] | None


def check_name(name: object, where: str) -> str:
    """A tensor's name: 1 to 512 printable characters, no backslash, no `..` part, no leading slash."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
        reject(where, f"tensor name {str(name)[:40]!r}", f"1 to {NAME_LIMIT} characters")
    if not name.isprintable() or "\\" in name or name.startswith("/") or ".." in name.split("/"):
        reject(where, f"tensor name {name!r}", "printable characters, no backslash, '..' or leading '/'")
    if name == "__metadata__":
        reject(where, f"tensor name {name!r}", "any other name: the layout keeps this one for itself")
    return name


def reject(where: str, what: str, allowed: str) -> NoReturn:
    """Raise the one error of this package: which file, what is wrong, what would be right."""
    raise FileFormatError(f"{where}: {what}; allowed: {allowed}")


def header_length(where: str, head: bytes, file_size: int) -> int:
    """The length n from the first eight bytes, checked against the file's size and the limit."""
    if len(head) < LENGTH_BYTES:
        reject(where, f"{file_size} bytes are too few for a tensor file", f"at least {LENGTH_BYTES + 2}")
    n = int.from_bytes(head[:LENGTH_BYTES], "little")
    if not 2 <= n <= HEADER_LIMIT:
        reject(where, f"the header declares {n} bytes", f"2 to {HEADER_LIMIT}")
    if LENGTH_BYTES + n > file_size:
        reject(where, f"the header declares {n} bytes, the file has {file_size}", "a header inside the file")
    return n


def parse_header(where: str, raw: bytes, data_size: int, *, require_checksums: bool) -> Header:
    """Check the header's bytes `raw` (without the length) of a file with `data_size` bytes of tensors."""
    fields = _parse_json(where, "the header", raw)
    if not isinstance(fields, dict):
        reject(where, "the header is not a JSON object", "an object of tensors")
    annotations = fields.pop("__metadata__", {})
    if not isinstance(annotations, dict) or not all(isinstance(text, str) for text in annotations.values()):
        reject(where, "__metadata__ holds something else than texts", "an object of texts")
    entries = {check_name(name, where): _entry(where, name, value) for name, value in fields.items()}
    _check_offsets(where, entries, data_size)
    if "afina" not in annotations:
        if require_checksums:
            reject(
                where, "carries no checksums", "files written by Afina (or ask for require_checksums=False)"
            )
        return Header(entries, dict(annotations), None)
    return _own(where, raw, annotations["afina"], entries)


def _own(where: str, raw: bytes, text: str, entries: dict[str, Entry]) -> Header:
    own = _parse_json(where, "the metadata", text.encode("utf-8", errors="surrogatepass"))
    if not isinstance(own, dict):
        reject(where, "the metadata is not a JSON object", "an object")
    version = own.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        reject(where, f"format version {version!r}", f"{FORMAT_VERSION} (a newer Afina may have written it)")
    if set(own) != {"format_version", "header_sha256", "metadata", "sha256"}:
        reject(where, f"metadata fields {sorted(own)}", "format_version, header_sha256, metadata, sha256")
    digest = own["header_sha256"]
    if not isinstance(digest, str) or raw.count(digest.encode("utf-8", errors="replace")) != 1:
        reject(where, "header_sha256 is damaged", "64 digits that occur once")
    blank = raw.replace(digest.encode(), BLANK_DIGEST.encode())
    if header_digest(blank) != digest:
        reject(where, "the header is damaged: its SHA-256 differs from the recorded one", "unchanged bytes")
    digests, metadata = own["sha256"], own["metadata"]
    if not isinstance(digests, dict) or set(digests) != set(entries):
        reject(where, "the checksums do not belong to the tensors", "one for each tensor")
    if not isinstance(metadata, dict):
        reject(where, "the metadata is not a JSON object", "an object")
    return Header(entries, metadata, digests)


def header_digest(raw: bytes) -> str:
    """SHA-256 over the header's length and bytes, in hexadecimal."""
    return hashlib.sha256(len(raw).to_bytes(LENGTH_BYTES, "little") + raw).hexdigest()


def _parse_json(where: str, what: str, raw: bytes) -> Any:
    if sum(raw.count(sign) for sign in (b",", b"[", b"{")) > VALUE_LIMIT:
        reject(where, f"{what} holds more than {VALUE_LIMIT} values", f"at most {VALUE_LIMIT}")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in pairs:
            if name in fields:
                reject(where, f"{what} holds the key {name[:40]!r} twice", "unique keys")
            fields[name] = value
        return fields

    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=unique)
    except FileFormatError:
        raise
    except (ValueError, RecursionError) as error:
        cause = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise FileFormatError(f"{where}: {what} is not sound JSON: {cause}; allowed: UTF-8 JSON") from error


def _entry(where: str, name: str, value: object) -> Entry:
    what = f"tensor {name!r}"
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        reject(where, f"{what} is described by {str(value)[:80]}", "dtype, shape and data_offsets")
    dtype = DTYPES.get(value["dtype"]) if isinstance(value["dtype"], str) else None
    if dtype is None:
        reject(where, f"{what} has dtype {str(value['dtype'])[:40]!r}", ", ".join(DTYPES))
    shape = _whole_numbers(where, f"{what}: shape", value["shape"])
    if len(shape) > RANK_LIMIT:
        reject(where, f"{what} has {len(shape)} dimensions", f"at most {RANK_LIMIT}")
    if not is_possible(shape, dtype.itemsize):
        reject(where, f"{what} has shape {shape}", "fewer than 2**63 bytes")
    offsets = _whole_numbers(where, f"{what}: data_offsets", value["data_offsets"])
    if len(offsets) != 2 or offsets[0] > offsets[1]:
        reject(where, f"{what} has data_offsets {list(offsets)}", "[begin, end] with begin <= end")
    begin, end = offsets
    declared = math.prod(shape) * dtype.itemsize
    if end - begin != declared:
        reject(where, f"{what} of shape {shape} and {dtype} spans {end - begin} bytes", f"{declared} bytes")
    return Entry(dtype, shape, begin, end)


def _whole_numbers(where: str, what: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(
        isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in value
    ):
        reject(where, f"{what} is {str(value)[:80]}", "a list of whole numbers from 0")
    return tuple(value)


def _check_offsets(where: str, entries: dict[str, Entry], data_size: int) -> None:
    position = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != position:
            kind = "overlaps another" if entry.begin < position else "leaves a gap before it"
            reject(where, f"tensor {name!r} {kind}: it begins at {entry.begin}", f"{position}")
        position = entry.end
    if position != data_size:
        reject(where, f"the tensors span {position} bytes, the file holds {data_size}", "equal sizes")
