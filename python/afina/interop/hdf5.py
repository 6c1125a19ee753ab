"""Arrays in HDF5 files, read by the few structures that Keras's files are made of.

    superblock -> root group; a group: B-tree -> leaves -> (name, object); names lie in a local heap
    an object: a header of messages: a symbol table (a group), or type, shape and place of numbers (an array)

Other structures (links that are no plain members, chunks, filters, numbers in other files, shared messages)
are refused. The HDF5 library is not asked: a few changed bytes can make it run forever. Every address and
size is compared with the file's before it is followed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.shapes import RANK_LIMIT, is_possible

SIGNATURE = b"\x89HDF\r\n\x1a\n"
OBJECT_LIMIT = 100_000
MESSAGE_LIMIT = 10_000
DEPTH_LIMIT = 32
NAME_LIMIT = 512
UNDEFINED = 2**64 - 1
SOFT_LINK = 2
TEXT_ATTRIBUTES = ("name", "layer_names", "weight_names")

# Message types that change where the numbers or members are.
_REFUSED = {
    0x02: "a group of links, which may lead to other files",
    0x06: "a link, which may lead to another file",
    0x07: "an array in another file",
    0x0B: "a filtered (compressed) array",
}
_SHAPE, _TYPE, _LAYOUT, _ATTRIBUTE, _CONTINUED, _SYMBOLS = 0x01, 0x03, 0x08, 0x0C, 0x10, 0x11

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class _Type:
    """A datatype message: numbers of a NumPy type, or texts."""

    dtype: np.dtype[Any] | None
    size: int
    text: str = ""  # "fixed" or "variable"


def read_hdf5(file: BinaryIO, size: int, where: str) -> dict[str, Array]:
    """The arrays of an open HDF5 file by their paths; texts of the attributes by path + "@" + attribute."""
    return _File(file.read(size + 1)[:size], where).arrays()


class _File:
    """The bytes of a file, read at checked places."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content, self.where = content, where
        self.seen: set[int] = set()
        self.spans: list[tuple[int, int]] = []  # of the arrays
        self.total = 0  # their bytes

    def refuse(self, what: str, allowed: str = "HDF5 as Keras writes it") -> NoReturn:
        """Raise FileFormatError with the file's name."""
        raise FileFormatError(f"{self.where}: {what}; allowed: {allowed}")

    def at(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on."""
        if not 0 <= address <= len(self.content) or size > len(self.content) - address:
            self.refuse(f"{size} bytes at {address}", f"places inside the file's {len(self.content)} bytes")
        return self.content[address : address + size]

    def numbers(self, layout: str, address: int) -> tuple[Any, ...]:
        """Little-endian numbers at an address."""
        return struct.unpack("<" + layout, self.at(address, struct.calcsize("<" + layout)))

    def arrays(self) -> dict[str, Array]:
        """Everything that is there."""
        if self.content[:8] != SIGNATURE or len(self.content) < 96:
            self.refuse("not an HDF5 file")
        version, offsets, lengths = self.content[8], self.content[13], self.content[14]
        base, _, end = self.numbers("3Q", 24)
        if version != 0 or (offsets, lengths) != (8, 8) or base != 0:
            self.refuse(f"superblock version {version} with offsets of {offsets} bytes", "version 0 and 8")
        if end > len(self.content):
            self.refuse(f"the file should have {end} bytes and has {len(self.content)}", "a whole file")
        (root,) = self.numbers("Q", 64)
        found: dict[str, Array] = {}
        self._object(root, "", found, 0)
        self.spans.sort()
        if any(end > begin for (_, end), (begin, _) in zip(self.spans, self.spans[1:], strict=False)):
            self.refuse("arrays that overlap", "arrays with bytes of their own")
        return found

    def _object(self, address: int, path: str, found: dict[str, Array], depth: int) -> None:
        if address in self.seen or len(self.seen) >= OBJECT_LIMIT:
            self.refuse(f"{path[:80]!r} is an object with two names, or one of more than {OBJECT_LIMIT}")
        if depth > DEPTH_LIMIT:
            self.refuse(f"groups nested deeper than {DEPTH_LIMIT}")
        self.seen.add(address)
        parts: dict[int, bytes] = {}
        for kind, body in self._messages(address, path):
            if kind in _REFUSED:
                self.refuse(f"{path[:80]!r} is {_REFUSED[kind]}", "plain members and arrays of this file")
            if kind == _ATTRIBUTE:
                self._attribute(body, path, found)
            elif kind in (_SHAPE, _TYPE, _LAYOUT, _SYMBOLS):
                if kind in parts:
                    self.refuse(f"{path[:80]!r} says twice what it is")
                parts[kind] = body
        if _SYMBOLS in parts:
            for name, child in self._members(parts[_SYMBOLS]):
                self._object(child, f"{path}/{name}" if path else name, found, depth + 1)
        elif {_SHAPE, _TYPE, _LAYOUT} <= set(parts):
            found[path] = self._array(parts, path)
        else:
            self.refuse(f"{path[:80]!r} is neither a group nor an array")

    def _messages(self, address: int, path: str) -> Iterator[tuple[int, bytes]]:
        """Type and contents of the messages of an object's header."""
        version, _, count, _, size = self.numbers("BBHII", address)
        if version != 1 or count > MESSAGE_LIMIT:
            self.refuse(f"{path[:80]!r} has a header of version {version} with {count} messages", "version 1")
        blocks = [(address + 16, size)]
        for start, length in blocks:
            self.at(start, length)
            place = start
            while place + 8 <= start + length and count > 0:
                kind, size, flags = self.numbers("HHB", place)
                if place + 8 + size > start + length:
                    self.refuse(f"{path[:80]!r} has a message longer than its block")
                body = self.at(place + 8, size)
                place, count = place + 8 + size, count - 1
                if flags & 2:
                    self.refuse(f"{path[:80]!r} has a shared message")
                if kind == _CONTINUED:
                    blocks.append(self._unpacked("QQ", body))
                else:
                    yield kind, body

    def _unpacked(self, layout: str, body: bytes, offset: int = 0) -> tuple[Any, ...]:
        """Numbers inside a message."""
        if struct.calcsize("<" + layout) > len(body) - offset:
            self.refuse("a message is too short")
        return struct.unpack_from("<" + layout, body, offset)

    # --- groups ---

    def _members(self, body: bytes) -> Iterator[tuple[str, int]]:
        """Names and addresses of a group's members."""
        tree, heap = self._unpacked("QQ", body)
        if self.at(heap, 4) != b"HEAP":
            self.refuse("a group without its names")
        size, _, data = self.numbers("QQQ", heap + 8)
        names = self.at(data, size)
        pending: list[int] = [tree]
        visited: set[int] = set()
        while pending:
            node = pending.pop(0)
            if node in visited or len(visited) > OBJECT_LIMIT:
                self.refuse("a group's tree runs in a circle")
            visited.add(node)
            if self.at(node, 4) == b"TREE":
                _, _, used = self.numbers("BBH", node + 4)
                children = self.numbers(f"{2 * used + 1}Q", node + 24)[1::2]
                pending = [*children, *pending]
                continue
            if self.at(node, 4) != b"SNOD":
                self.refuse("a group's tree leads to something else")
            (used,) = self.numbers("H", node + 6)
            for index in range(used):
                offset, header, cache = self.numbers("QQI", node + 8 + 40 * index)
                if cache == SOFT_LINK:
                    self.refuse("a soft link", "plain members")
                yield self._name(names, offset), header

    def _name(self, names: bytes, offset: int) -> str:
        end = names.find(b"\0", offset, offset + NAME_LIMIT + 1) if offset < len(names) else -1
        word = names[offset : max(end, offset)].decode("utf-8", "replace")
        if end < 0 or not word or not word.isprintable() or "/" in word or word in (".", ".."):
            self.refuse(f"a member named {word[:40]!r}", f"names of 1 to {NAME_LIMIT} printable characters")
        return word

    # --- arrays ---

    def _shape(self, body: bytes) -> tuple[int, ...]:
        version, rank = self._unpacked("BB", body)
        if version not in (1, 2) or rank > RANK_LIMIT:
            self.refuse(f"a shape of version {version} with {rank} axes", f"at most {RANK_LIMIT} axes")
        if version == 2 and self._unpacked("4B", body)[3] == 2:
            return (0,)  # explicitly nothing
        shape = self._unpacked(f"{rank}Q", body, 8 if version == 1 else 4)
        if not is_possible(shape, 8):
            self.refuse(f"the shape {shape[:8]}", "fewer than 2**63 bytes")
        return shape

    def _type(self, body: bytes) -> _Type:
        kind, flags, size = self._unpacked("B3sI", body)
        order, big = (">" if flags[0] & 1 else "<"), kind & 15
        if big == 0 and size in (1, 2, 4, 8):
            return _Type(np.dtype(f"{order}{'i' if flags[0] & 8 else 'u'}{size}"), size)
        if big == 1 and size in (2, 4, 8):
            exponent = {2: (10, 5, 15), 4: (23, 8, 127), 8: (52, 11, 1023)}[size]
            first, bits, place, width, start, mantissa, bias = self._unpacked("HHBBBBI", body, 8)
            given = (first, bits, place, width, start, mantissa, bias)
            if given != (0, 8 * size, exponent[0], exponent[1], 0, exponent[0], exponent[2]):
                self.refuse("floats that are not IEEE's")
            return _Type(np.dtype(f"{order}f{size}"), size)
        if big == 3:
            return _Type(None, size, "fixed")
        if big == 9 and flags[0] & 15 == 1 and size == 16:
            return _Type(None, size, "variable")
        return self.refuse(f"values of class {big} and {size} bytes", "numbers")

    def _array(self, parts: dict[int, bytes], path: str) -> Array:
        shape, kind = self._shape(parts[_SHAPE]), self._type(parts[_TYPE])
        if kind.dtype is None:
            self.refuse(f"array {path[:80]!r} holds texts", "numbers")
        declared = math.prod(shape) * kind.size
        layout = parts[_LAYOUT]
        version, storage = self._unpacked("BB", layout)
        if version not in (3, 4) or storage not in (0, 1):
            self.refuse(f"array {path[:80]!r} is in chunks or virtual", "arrays in one piece")
        if storage == 0:
            (size,) = self._unpacked("H", layout, 2)
            data = layout[4 : 4 + size]
        else:
            address, size = self._unpacked("QQ", layout, 2)
            data = b"" if address == UNDEFINED and declared == 0 else self._span(address, size, path)
        if len(data) != declared or size != declared:
            self.refuse(f"array {path[:80]!r} has {size} bytes", f"{declared} for its shape {shape[:8]}")
        values = np.frombuffer(data, kind.dtype).reshape(shape)
        return values.astype(kind.dtype.newbyteorder("="))

    def _span(self, address: int, size: int, path: str) -> bytes:
        data = self.at(address, size)
        self.total += size
        if self.total > len(self.content):
            self.refuse(f"array {path[:80]!r} overlaps another", "arrays with bytes of their own")
        self.spans.append((address, address + size))
        return data

    # --- attributes ---

    def _attribute(self, body: bytes, path: str, found: dict[str, Array]) -> None:
        """Keep the texts that say what layers and weights are called; leave others."""
        version, _, name_size, type_size, shape_size = self._unpacked("BBHHH", body)
        if version not in (1, 2, 3):
            self.refuse(f"an attribute of version {version}")
        place, parts = 9 if version == 3 else 8, []
        for size in (name_size, type_size, shape_size):
            parts.append(body[place : place + size])
            place += -(-size // 8) * 8 if version == 1 else size
        name = parts[0].rstrip(b"\0").decode("utf-8", "replace")
        if name not in TEXT_ATTRIBUTES:
            return
        shape, kind = self._shape(parts[2]), self._type(parts[1])
        count = math.prod(shape)
        if count * kind.size > len(body) - min(place, len(body)):
            self.refuse(f"the attribute {name!r} of {path[:80]!r} is longer than its message")
        if count and not kind.text:
            self.refuse(f"the attribute {name!r} of {path[:80]!r} is no list of texts", "texts")
        pieces = [body[place + k * kind.size :][: kind.size] for k in range(count)]
        words = [self._long_text(p) if kind.text == "variable" else p.rstrip(b"\0") for p in pieces]
        found[f"{path}@{name}"] = np.array([w.decode("utf-8", "replace") for w in words], str)

    def _long_text(self, piece: bytes) -> bytes:
        """A text of variable length, which lies in a global heap."""
        length, address, index = self._unpacked("IQI", piece)
        if self.at(address, 4) != b"GCOL":
            self.refuse("a text without its heap")
        (size,) = self.numbers("Q", address + 8)
        place, end = address + 16, address + len(self.at(address, size))
        while place + 16 <= end:
            number, _, _, held = self.numbers("HHIQ", place)
            if number == index and number:
                return self.at(place + 16, min(length, held))
            if number == 0:
                break
            place += 16 + -(-held // 8) * 8
        return self.refuse("a text that is not in its heap")
