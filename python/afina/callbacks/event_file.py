"""TensorBoard's event files, written by hand: TFRecord frames around protocol-buffer messages.

A frame is: length (uint64, little endian), masked CRC-32C of these 8 bytes, data, masked CRC-32C of the data.
The messages are `Event` and `Summary` of tensorflow/core/util/event.proto and framework/summary.proto; only
the fields used here are encoded.
"""

from __future__ import annotations

import math
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), bits reversed
MASK = 0xA282EAD8


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """CRC-32C.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def masked_crc(data: bytes) -> int:
    """The CRC rotated and offset, as TFRecord stores it."""
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + MASK) & 0xFFFFFFFF


def varint(value: int) -> bytes:
    """Base-128 little-endian, for non-negative integers."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def field_bytes(number: int, data: bytes) -> bytes:
    """A length-delimited field: text, message or packed numbers."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def field_double(number: int, value: float) -> bytes:
    """A 64-bit field."""
    return varint(number << 3 | 1) + struct.pack("<d", value)


def field_float(number: int, value: float) -> bytes:
    """A 32-bit field."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def field_int(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def packed_doubles(number: int, values: Iterable[float]) -> bytes:
    """A packed repeated double."""
    return field_bytes(number, b"".join(struct.pack("<d", value) for value in values))


def scalar_value(tag: str, value: float) -> bytes:
    """Summary.Value with tag = 1 and simple_value = 2."""
    try:
        return field_bytes(1, tag.encode()) + field_float(2, value)
    except OverflowError:
        return field_bytes(1, tag.encode()) + field_float(2, math.copysign(math.inf, value))


def histogram_value(tag: str, values: npt.NDArray[Any], bins: int = 30) -> bytes:
    """Summary.Value with tag = 1 and histo = 5; values that are not finite are left out."""
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        flat = np.zeros(1)
    counts, edges = np.histogram(flat, bins)
    histogram = b"".join(
        (
            field_double(1, float(flat.min())),
            field_double(2, float(flat.max())),
            field_double(3, float(flat.size)),
            field_double(4, float(flat.sum())),
            field_double(5, float(np.square(flat).sum())),
            packed_doubles(6, edges[1:].tolist()),
            packed_doubles(7, counts.astype(np.float64).tolist()),
        )
    )
    return field_bytes(1, tag.encode()) + field_bytes(5, histogram)


class EventFile:
    """One event file in `folder`; `write` adds a summary and flushes."""

    _count = 0

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        EventFile._count += 1
        name = (
            f"events.out.tfevents.{int(time.time())}.{os.uname().nodename}.{os.getpid()}.{EventFile._count}"
        )
        self.path = Path(folder) / name
        self._file = self.path.open("ab")
        self._frame(field_double(1, time.time()) + field_bytes(3, b"brain.Event:2"))

    def write(self, step: int, values: Iterable[bytes]) -> None:
        """Write one event whose summary holds `values`, made by `scalar_value` and `histogram_value`."""
        summary = b"".join(field_bytes(1, value) for value in values)
        self._frame(field_double(1, time.time()) + field_int(2, step) + field_bytes(5, summary))
        self._file.flush()

    def close(self) -> None:
        """Close the file; writing again is an error."""
        self._file.close()

    def _frame(self, data: bytes) -> None:
        length = struct.pack("<Q", len(data))
        self._file.write(
            length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))
        )
