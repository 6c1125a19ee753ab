"""Files made to harm: every one is refused by the one typed error, and nothing else happens."""

import json
import os
import socket
import struct
from pathlib import Path

import numpy as np
import pytest
from audit import watched

from afina.checkpoint import read_file, write_file
from afina.checkpoint.header import BLANK_DIGEST, header_digest
from afina.errors import FileFormatError

PLAIN = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def layout(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def signed(own: dict[str, object], entries: dict[str, object], data: bytes = b"") -> bytes:
    """A file whose header checksum is right, so that what is wrong with its contents is what gets noticed."""
    own = {"format_version": 1, "header_sha256": BLANK_DIGEST, "metadata": {}, "sha256": {}, **own}
    raw = json.dumps({"__metadata__": {"afina": json.dumps(own)}, **entries}).encode()
    if raw.count(BLANK_DIGEST.encode()) == 1:
        raw = raw.replace(BLANK_DIGEST.encode(), header_digest(raw).encode())
    return layout(raw, data)


def tensor(data: bytes = bytes(8), **changes: object) -> bytes:
    return layout({"x": {**PLAIN, **changes}}, data)


HOSTILE: dict[str, bytes] = {
    "empty file": b"",
    "seven bytes": b"1234567",
    "length zero": layout(b"", length=0),
    "length of one": layout(b" ", length=1),
    "length beyond the file": layout(b"{}", length=3),
    "length of 2**40": layout(b"{}", length=1 << 40),
    "length of 2**63": layout(b"{}", length=1 << 63),
    "length of 2**64-1": layout(b"{}", length=(1 << 64) - 1),
    "header above the limit": layout(b"{" + b" " * (16 << 20) + b"}"),
    "header of many values": layout(b'{"a":[' + b"0," * 1_000_001 + b"0]}"),
    "header not UTF-8": layout(b'{"\xff":1}'),
    "header cut JSON": layout(b'{"a":'),
    "header with text after it": layout(b"{}{}"),
    "header is a list": layout(b"[]"),
    "header is a number": layout(b"12"),
    "header is null": layout(b"null"),
    "deep lists": layout(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": layout(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a number of 10,000 digits": layout(b'{"x":' + b"9" * 10_000 + b"}"),
    "duplicate tensor": layout(b'{"x":%b,"x":%b}' % ((json.dumps(PLAIN).encode(),) * 2), bytes(8)),
    "duplicate field": layout(
        b'{"x":{"dtype":"F32","dtype":"F64","shape":[2],"data_offsets":[0,8]}}', bytes(8)
    ),
    "duplicate metadata": layout(b'{"__metadata__":{},"__metadata__":{}}'),
    "metadata is a list": layout({"__metadata__": []}),
    "metadata of numbers": layout({"__metadata__": {"a": 1}}),
    "entry is a text": layout({"x": "F32"}),
    "entry is a list": layout({"x": [1, 2]}),
    "entry without shape": layout({"x": {"dtype": "F32", "data_offsets": [0, 8]}}, bytes(8)),
    "entry with a field too many": tensor(link="/etc/passwd"),
    "dtype unknown": tensor(dtype="F31"),
    "dtype object": tensor(dtype="O"),
    "dtype bfloat16": tensor(dtype="BF16", data_offsets=[0, 4], data=bytes(4)),
    "dtype complex": tensor(dtype="C64"),
    "dtype is a list": tensor(dtype=["F32"]),
    "dtype is null": tensor(dtype=None),
    "shape negative": tensor(shape=[-2]),
    "shape two negatives": tensor(shape=[-1, -2]),
    "shape a fraction": tensor(shape=[2.0]),
    "shape NaN": layout(b'{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', bytes(8)),
    "shape infinity": layout(b'{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', bytes(8)),
    "shape true": tensor(shape=[True, 2]),
    "shape a text": tensor(shape="2"),
    "shape a list of texts": tensor(shape=["2"]),
    "shape null": tensor(shape=None),
    "shape nested": tensor(shape=[[2]]),
    "shape of 2**62": tensor(shape=[1 << 62]),
    "shape whose product wraps to 8 bytes": tensor(shape=[1 << 32, 1 << 32, 2]),
    "shape of 2**63 times zero": tensor(shape=[1 << 63, 0], data_offsets=[0, 0], data=b""),
    "shape of 33 dimensions": tensor(shape=[1] * 32 + [2]),
    "shape bigger than the span": tensor(shape=[3]),
    "shape smaller than the span": tensor(shape=[1]),
    "offsets negative": tensor(data_offsets=[-8, 0]),
    "offsets reversed": tensor(data_offsets=[8, 0]),
    "offsets one": tensor(data_offsets=[0]),
    "offsets three": tensor(data_offsets=[0, 8, 16]),
    "offsets beyond the file": tensor(data_offsets=[8, 16]),
    "offsets fractions": tensor(data_offsets=[0.0, 8.0]),
    "offsets of 2**64": tensor(data_offsets=[1 << 64, (1 << 64) + 8]),
    "offsets NaN": layout(b'{"x":{"dtype":"F32","shape":[2],"data_offsets":[NaN,8]}}', bytes(8)),
    "data missing": tensor(data=b""),
    "data cut": tensor(data=bytes(7)),
    "data too long": tensor(data=bytes(9)),
    "tensors overlap": layout({"x": PLAIN, "y": {**PLAIN, "data_offsets": [4, 12]}}, bytes(12)),
    "tensors on one span": layout({"x": PLAIN, "y": PLAIN}, bytes(8)),
    "tensors with a gap": layout({"x": PLAIN, "y": {**PLAIN, "data_offsets": [12, 20]}}, bytes(20)),
    "tensors begin late": tensor(data_offsets=[4, 12], data=bytes(12)),
    "name empty": layout({"": PLAIN}, bytes(8)),
    "name up": layout({"../../x": PLAIN}, bytes(8)),
    "name absolute": layout({"/etc/passwd": PLAIN}, bytes(8)),
    "name with NUL": layout({"a\0b": PLAIN}, bytes(8)),
    "name with a line break": layout({"a\nb": PLAIN}, bytes(8)),
    "name of 100,000 characters": layout({"a" * 100_000: PLAIN}, bytes(8)),
    "name a lone surrogate": layout(b'{"\\ud800":%b}' % json.dumps(PLAIN).encode(), bytes(8)),
    "no checksums": tensor(),
    "checksums not JSON": layout({"__metadata__": {"afina": "{"}}),
    "checksums deep": layout({"__metadata__": {"afina": "[" * 100_000}}),
    "checksums a list": layout({"__metadata__": {"afina": "[]"}}),
    "checksums duplicate": layout({"__metadata__": {"afina": '{"sha256":{},"sha256":{}}'}}),
    "version 2": signed({"format_version": 2}, {}),
    "version true": signed({"format_version": True}, {}),
    "version a text": signed({"format_version": "1"}, {}),
    "a field too many": signed({"safe_mode": False}, {}),
    "header digest empty": signed({"header_sha256": ""}, {}),
    "header digest a number": signed({"header_sha256": 1}, {}),
    "header digest wrong": signed({"header_sha256": "1" * 64}, {}),
    "header digest twice": signed({"metadata": {"a": BLANK_DIGEST}}, {}),
    "tensor without checksum": signed({}, {"x": PLAIN}, bytes(8)),
    "checksum without tensor": signed({"sha256": {"x": BLANK_DIGEST[1:]}}, {}),
    "checksum wrong": signed({"sha256": {"x": "1" * 64}}, {"x": PLAIN}, bytes(8)),
    "checksum null": signed({"sha256": {"x": None}}, {"x": PLAIN}, bytes(8)),
    "metadata a list inside": signed({"metadata": []}, {}),
    "pickle": b"cposix\nsystem\n(S'touch /tmp/canary'\ntR.",
    "pickle of protocol 4": b"\x80\x04\x95\x1a"
    + bytes(7)
    + b"\x8c\x05posix\x8c\x06system\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
    "zip": b"PK\x03\x04" + bytes(60),
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(60),
    "elf": b"\x7fELF" + bytes(60),
    "zip after a sound file": signed({}, {}) + b"PK\x05\x06" + bytes(18),
    "text": b"# a script\nimport os\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for number, (name, content) in enumerate(HOSTILE.items()):
        paths[name] = folder / f"{number:03d}.afina"
        paths[name].write_bytes(content)
    return paths


@pytest.fixture(scope="module")
def rows(corpus):
    return dict(zip(corpus, watched(list(corpus.values())), strict=True))


def test_the_corpus_holds_at_least_80_files():
    assert len(HOSTILE) >= 80


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_the_typed_error_and_nothing_else_happens(name, corpus, rows):
    row = rows[name]
    assert row["kind"] == "FileFormatError", row
    assert str(corpus[name]) in row["text"]
    assert len(row["text"]) < 1000
    assert row["seen"] == []


def test_a_sound_file_opens_itself_and_nothing_else(tmp_path):
    path = tmp_path / "sound.afina"
    write_file(path, {"x": np.zeros(3)}, {"a": 1})
    (row,) = watched([path], strict=True)
    assert row == {"kind": None, "text": "", "seen": []}


def special(folder: Path) -> dict[str, Path]:
    """Things that are not regular files of one name, by kind."""
    sound = folder / "sound.afina"
    write_file(sound, {"x": np.zeros(3)})
    paths = {
        kind: folder / kind for kind in ("symlink", "dangling", "loop", "hard", "fifo", "folder", "socket")
    }
    paths["symlink"].symlink_to(sound)
    paths["dangling"].symlink_to(folder / "nothing")
    paths["loop"].symlink_to(paths["loop"])
    os.link(sound, paths["hard"])
    os.mkfifo(paths["fifo"])
    paths["folder"].mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(paths["socket"]))
    return {**paths, "zero": Path("/dev/zero"), "terminal": Path("/dev/tty"), "null": Path("/dev/null")}


@pytest.mark.parametrize(
    "kind", ["symlink", "dangling", "loop", "hard", "fifo", "folder", "socket", "zero", "null"]
)
def test_strict_reading_refuses_everything_but_a_regular_file_of_one_name(kind, tmp_path):
    with pytest.raises(FileFormatError, match=r"allowed: (a regular file|one name)"):
        read_file(special(tmp_path)[kind], strict=True)


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "zero", "null"])
def test_plain_reading_refuses_what_is_not_a_regular_file_without_waiting(kind, tmp_path):
    with pytest.raises(FileFormatError, match="regular file"):
        read_file(special(tmp_path)[kind])


def test_plain_reading_follows_a_symbolic_link_the_caller_gave(tmp_path):
    assert list(read_file(special(tmp_path)["symlink"]).tensors) == ["x"]
