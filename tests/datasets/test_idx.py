"""IDX files: every type comes back, every lie in the head is refused before memory is taken for it."""

import gzip
import os
import tracemalloc

import numpy as np
import pytest

from afina.datasets import read_idx, write_idx
from afina.errors import FileFormatError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
SOUND = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (2, 3, 4)) + IMAGES.tobytes()


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_type_comes_back(tmp_path, dtype, suffix):
    array = np.arange(-6, 6).astype(dtype).reshape(3, 1, 4)
    path = tmp_path / f"x{suffix}"
    write_idx(path, array)
    back = read_idx(path)
    assert back.dtype == np.dtype(dtype)
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)


def test_bytes_written_by_hand_are_read(tmp_path):
    (tmp_path / "x").write_bytes(SOUND)
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), IMAGES)


def head(*sizes, code=8):
    return bytes([0, 0, code, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)


HOSTILE = {
    "empty": b"",
    "three bytes": b"\0\0\x08",
    "first byte not zero": b"\1" + SOUND[1:],
    "type unknown": SOUND[:2] + b"\x0a" + SOUND[3:],
    "no dimensions": b"\0\0\x08\0",
    "nine dimensions": head(*[1] * 9) + b"\0",
    "ends in the sizes": SOUND[:9],
    "one value too few": SOUND[:-1],
    "one value too many": SOUND + b"\0",
    "no values": SOUND[:16],
    "three gigabytes declared": head(3 << 30) + b"\0",
    "2**96 bytes declared": head(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + b"\0",
    "wraps to a small size": head(1 << 31, 1 << 31, 4) + b"\0",
    "nothing, and 2**96": head(0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    "wider type than values": head(2, 3, 4, code=0x0E) + bytes(24),
    "a pickle": b"\x80\x04K\x01.",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_whose_head_lies_is_refused_without_taking_memory(tmp_path, name, packed):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(HOSTILE[name]) if packed else HOSTILE[name])
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=r"x: .*allowed"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cut", [3, 11, 20, 40, -8, -4, -1])
def test_a_cut_gzip_file_is_refused(tmp_path, cut):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(SOUND)[:cut])
    with pytest.raises(FileFormatError, match="x: "):
        read_idx(path)


def test_a_gzip_file_with_a_wrong_checksum_is_refused(tmp_path):
    packed = bytearray(gzip.compress(SOUND))
    packed[-6] ^= 1
    (tmp_path / "x").write_bytes(packed)
    with pytest.raises(FileFormatError, match="gzip"):
        read_idx(tmp_path / "x")


def test_a_size_limit_is_kept_for_a_gzip_bomb(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(head(8 << 20) + bytes(8 << 20)))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(FileFormatError, match="at most 1048576"):
        read_idx(path, size_limit=1 << 20)


def test_a_device_is_refused():
    with pytest.raises(FileFormatError, match="regular file"):
        read_idx(os.devnull)


def test_types_that_idx_lacks_are_not_written(tmp_path):
    with pytest.raises(FileFormatError, match="int64"):
        write_idx(tmp_path / "x", np.zeros(3, np.int64))
