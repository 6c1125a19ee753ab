"""Small pictures as PNG, in a few lines of the standard library."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np


def png_bytes(pixels: Any) -> bytes:
    """(height, width, 1 or 3) bytes as a PNG file (ISO 15948: 8 bits, grey or RGB, no interlace).

    >>> png_bytes(np.zeros((2, 3, 1), np.uint8))[1:4]
    b'PNG'
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def data_uri(pixels: Any) -> str:
    """The picture as an address that carries it."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(pixels)).decode()
