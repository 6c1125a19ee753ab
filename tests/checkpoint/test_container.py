"""The file format: what goes in comes out, and every change of a byte is seen."""

import random
import stat
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from afina.checkpoint import read_file, write_file
from afina.errors import ArgumentError, FileFormatError

TENSORS = {
    "dense/kernel": np.linspace(-1, 1, 60, dtype=np.float32).reshape(12, 5),
    "dense/bias": np.array([0.0, -0.0, np.inf, -np.inf, np.nan], np.float64),
    "step": np.array(17, np.int64),
    "labels": np.arange(7, dtype=np.int32),
    "mask": np.array([True, False, True]),
    "image": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "empty": np.zeros((0, 4), np.float32),
}
METADATA = {
    "epoch": 3,
    "lr": 0.1,
    "best": float("inf"),
    "names": ["ä", "日本", ""],
    "nested": {"a": [None, True]},
}


def error_of(path):
    try:
        read_file(path)
    except FileFormatError as error:
        return str(error)
    return None


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "file.afina"
    write_file(path, TENSORS, METADATA)
    return path


def test_arrays_and_metadata_come_back_bit_for_bit(saved):
    contents = read_file(saved, strict=True)
    assert contents.metadata == METADATA
    assert set(contents.tensors) == set(TENSORS)
    for name, array in TENSORS.items():
        back = contents.tensors[name]
        assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())
        assert back.flags.writeable


def test_the_safetensors_package_reads_the_file(saved):
    theirs = safetensors.numpy.load_file(saved)
    assert {name: array.tobytes() for name, array in theirs.items()} == {
        name: array.tobytes() for name, array in TENSORS.items()
    }


def test_the_same_contents_give_the_same_bytes(saved, tmp_path):
    again = tmp_path / "again.afina"
    write_file(again, TENSORS, METADATA)
    assert again.read_bytes() == saved.read_bytes()


def test_strided_and_byte_swapped_arrays_are_stored_by_value(tmp_path):
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    views = {
        "step": base[::2, ::-1],
        "turned": base.T,
        "swapped": base.astype(">f4"),
        "spread": np.broadcast_to(base[0], (3, 6)),
    }
    write_file(tmp_path / "v", views)
    back = read_file(tmp_path / "v").tensors
    for name, view in views.items():
        np.testing.assert_array_equal(back[name], view)


@pytest.mark.parametrize(
    "array", [np.array([1j]), np.array(["a"]), np.array([None]), np.array([1], "datetime64[s]")]
)
def test_writing_rejects_other_dtypes(tmp_path, array):
    with pytest.raises(ArgumentError, match="tensor 'x' has dtype"):
        write_file(tmp_path / "v", {"x": array})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "a" * 513, "../up", "a/../b", "/root", "a\\b", "a\nb", "a\0b", "__metadata__", 7]
)
def test_writing_rejects_names_that_a_reader_must_not_trust(tmp_path, name):
    with pytest.raises(ArgumentError, match="tensor name"):
        write_file(tmp_path / "v", {name: np.zeros(1)})


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, {"a": np.float32(1)}, {"a": b"x"}, {"a": {1, 2}}])
def test_writing_names_the_place_of_metadata_that_json_lacks(tmp_path, value):
    with pytest.raises(ArgumentError, match="metadata"):
        write_file(tmp_path / "v", {}, value)


def test_1000_single_bit_flips_are_all_detected(saved):
    whole = saved.read_bytes()
    generator = random.Random(2024)
    header_bits = 8 * (8 + int.from_bytes(whole[:8], "little"))
    bits = [generator.randrange(8 * len(whole)) for _ in range(500)]
    bits += [generator.randrange(header_bits) for _ in range(436)] + list(range(64))
    undetected = []
    for bit in bits:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        saved.write_bytes(damaged)
        error = error_of(saved)
        if error is None or str(saved) not in error or not ("allowed" in error or "refuses" in error):
            undetected.append((bit, error))
    assert len(bits) == 1000
    assert undetected == []


def test_200_truncations_are_all_detected(saved):
    whole = saved.read_bytes()
    generator = random.Random(7)
    lengths = [*range(40), *(generator.randrange(len(whole)) for _ in range(159)), len(whole) - 1]
    for length in lengths:
        saved.write_bytes(whole[:length])
        with pytest.raises(FileFormatError):
            read_file(saved)
    assert len(lengths) == 200


def test_bytes_after_the_end_are_detected(saved):
    with saved.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(FileFormatError, match="equal sizes"):
        read_file(saved)


def test_a_damaged_tensor_is_named(saved):
    whole = saved.read_bytes()
    place = whole.index(TENSORS["image"].tobytes())
    saved.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    with pytest.raises(FileFormatError, match="tensor 'image' is damaged"):
        read_file(saved)


def test_files_without_checksums_are_read_only_when_asked_for(tmp_path):
    path = tmp_path / "foreign.safetensors"
    safetensors.numpy.save_file({"w": np.ones(3, np.float32)}, path, {"format": "pt"})
    with pytest.raises(FileFormatError, match="carries no checksums"):
        read_file(path)
    contents = read_file(path, require_checksums=False)
    assert contents.tensors["w"].tolist() == [1, 1, 1]
    assert contents.metadata == {"format": "pt"}


def test_a_size_limit_is_kept(saved):
    with pytest.raises(FileFormatError, match="at most 100"):
        read_file(saved, size_limit=100)


def test_replacing_a_file_keeps_its_permissions_and_a_new_one_follows_the_umask(saved, tmp_path):
    saved.chmod(0o640)
    write_file(saved, TENSORS)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640
    plain = tmp_path / "plain"
    plain.touch()
    write_file(tmp_path / "new", {})
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_missing_file_is_an_ordinary_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nothing.afina")


def test_a_path_with_a_nul_is_rejected():
    with pytest.raises(FileFormatError, match="NUL"):
        read_file(Path("a\0b"))
