"""The data sets: digits from the package, the others from folders written here (and from real files where
they are).
"""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from afina.datasets import DatasetNotFoundError, cifar10, digits, fashion_mnist, mnist, write_idx
from afina.errors import FileFormatError
from afina.utils import extract_tar


@pytest.fixture(autouse=True)
def no_other_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AFINA_DATA", raising=False)


def test_digits_are_1797_real_images_in_a_split_that_keeps_the_classes():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, x_test.shape) == ((1438, 8, 8), (359, 8, 8))
    assert x_train.dtype == y_train.dtype == np.uint8
    assert x_train.max() == digits.MAXIMUM
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (np.abs(np.bincount(y_test) - 0.2 * counts) <= 1).all()
    rows = {row.tobytes() for row in x_train} & {row.tobytes() for row in x_test}
    assert rows == set()


def test_the_digits_split_depends_on_the_seed_alone():
    assert (digits.load_data(seed=1)[1][1] == digits.load_data(seed=1)[1][1]).all()
    assert (digits.load_data(seed=1)[1][0] != digits.load_data(seed=2)[1][0]).any()


def test_digits_equal_those_of_scikit_learn():
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    images, labels = digits.load_all()
    np.testing.assert_array_equal(images, theirs.images)
    np.testing.assert_array_equal(labels, theirs.target)


def write_mnist(folder, train=5, test=3, suffix=".gz", **changes):
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        "train-images-idx3-ubyte": np.arange(train * 784).astype(np.uint8).reshape(train, 28, 28),
        "train-labels-idx1-ubyte": np.arange(train, dtype=np.uint8),
        "t10k-images-idx3-ubyte": np.zeros((test, 28, 28), np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(test, dtype=np.uint8),
        **{name.replace("_", "-"): array for name, array in changes.items()},
    }
    for name, array in arrays.items():
        if array is not None:
            write_idx(folder / (name + suffix), array)


@pytest.mark.parametrize("module", [mnist, fashion_mnist])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_four_files_are_read_from_a_folder_gzipped_or_not(tmp_path, module, suffix):
    write_mnist(tmp_path / "data", suffix=suffix)
    (x_train, y_train), (x_test, y_test) = module.load_data(tmp_path / "data")
    assert (x_train.shape, y_train.tolist(), x_test.shape, y_test.tolist()) == (
        (5, 28, 28),
        [0, 1, 2, 3, 4],
        (3, 28, 28),
        [0, 1, 2],
    )


@pytest.mark.parametrize(("module", "name"), [(mnist, "mnist"), (fashion_mnist, "fashion-mnist")])
def test_afina_data_names_the_folder_of_all_data_sets(tmp_path, monkeypatch, module, name):
    write_mnist(tmp_path / "all" / name)
    monkeypatch.setenv("AFINA_DATA", str(tmp_path / "all"))
    assert len(module.load_data(download=False)[0][0]) == 5


def test_a_folder_that_lacks_files_is_named_with_them(tmp_path):
    write_mnist(tmp_path / "data", t10k_labels_idx1_ubyte=None)
    with pytest.raises(DatasetNotFoundError, match=r"lacks t10k-labels-idx1-ubyte\.gz; three ways"):
        mnist.load_data(tmp_path / "data")
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        mnist.load_data(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"train_labels_idx1_ubyte": np.zeros(4, np.uint8)}, r"allowed: uint8 \(5,\)"),
        ({"train_labels_idx1_ubyte": np.full(5, 10, np.uint8)}, "label 10; allowed: 0 to 9"),
        ({"train_images_idx3_ubyte": np.zeros((5, 27, 28), np.uint8)}, r"\(n, 28, 28\)"),
        ({"train_images_idx3_ubyte": np.zeros((5, 28, 28), np.float32)}, "allowed: uint8"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path, changes, text):
    write_mnist(tmp_path / "data", **changes)
    with pytest.raises(FileFormatError, match=text):
        mnist.load_data(tmp_path / "data")


def cifar_records(n, seed=0):
    records = np.random.default_rng(seed).integers(0, 256, (n, 3073)).astype(np.uint8)
    records[:, 0] = np.arange(n) % 10
    return records


def write_cifar(folder, n=3):
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate((*cifar10.TRAIN_FILES, *cifar10.TEST_FILES)):
        (folder / name).write_bytes(cifar_records(n, i).tobytes())


def test_cifar10_batches_become_channels_last_images(tmp_path):
    write_cifar(tmp_path)
    (x_train, y_train), (x_test, y_test) = cifar10.load_data(tmp_path)
    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == (
        (15, 32, 32, 3),
        (15, 1),
        (3, 32, 32, 3),
        (3, 1),
    )
    record = cifar_records(3, 0)[1]
    assert y_train[1, 0] == record[0]
    np.testing.assert_array_equal(x_train[1, :, :, 2].ravel(), record[1 + 2048 :])


def test_cifar10_is_unpacked_from_its_archive_into_the_cache(tmp_path):
    write_cifar(tmp_path / cifar10.INNER_FOLDER)
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / cifar10.INNER_FOLDER, cifar10.INNER_FOLDER)
    (x_train, _), _ = cifar10.load_data(tmp_path / "cifar-10-binary.tar.gz")
    assert len(x_train) == 15
    assert len(cifar10.load_data(download=False)[0][0]) == 15


@pytest.mark.parametrize("content", [b"", bytes(3072), bytes(3074), bytes([10]) + bytes(3072)])
def test_a_cifar10_batch_of_another_size_or_label_is_refused(tmp_path, content):
    write_cifar(tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(content)
    with pytest.raises(FileFormatError, match="allowed"):
        cifar10.load_data(tmp_path)


def jpeg_npz(path, size=(32, 32), **changes):
    image = pytest.importorskip("PIL.Image")
    streams = []
    for shade in (0, 100, 255):
        file = io.BytesIO()
        image.new("RGB", size, (shade, 0, 0)).save(file, "JPEG")
        streams.append(file.getvalue())
    offsets = np.cumsum([0, *map(len, streams)])
    arrays = {}
    for part in ("train", "test"):
        arrays[f"{part}_jpeg"] = np.frombuffer(b"".join(streams), np.uint8)
        arrays[f"{part}_offsets"] = offsets
        arrays[f"{part}_labels"] = np.array([0, 5, 9], np.uint8)
    np.savez(path, **{**arrays, **changes})


def test_cifar10_is_read_from_jpeg_streams(tmp_path):
    jpeg_npz(tmp_path / "c.npz")
    (x_train, y_train), _ = cifar10.load_data(tmp_path / "c.npz")
    assert y_train.ravel().tolist() == [0, 5, 9]
    assert np.abs(x_train[:, :, :, 0].mean(axis=(1, 2)) - [0, 100, 255]).max() < 3


def test_cifar10_is_read_from_plain_arrays(tmp_path):
    x, y = np.zeros((4, 32, 32, 3), np.uint8), np.arange(4)
    np.savez_compressed(tmp_path / "c.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    assert cifar10.load_data(tmp_path / "c.npz")[0][1].shape == (4, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"train_offsets": np.array([0, 5, 3, 7])},
        {"train_offsets": np.array([0, 10**9])},
        {"train_offsets": np.array([0.0, 1.0])},
        {"train_labels": np.array([0, 5], np.uint8)},
        {"train_labels": np.array([0, 5, 10], np.uint8)},
        {"train_labels": np.array([0, 5, -1])},
        {"train_jpeg": np.zeros(100, np.uint8), "train_offsets": np.array([0, 30, 60, 100])},
        {"size": (33, 32)},
        {"size": (5000, 5000)},
    ],
)
def test_jpeg_streams_that_do_not_fit_are_refused(tmp_path, changes):
    jpeg_npz(tmp_path / "c.npz", **changes)
    with pytest.raises(FileFormatError, match=r"c\.npz"):
        cifar10.load_data(tmp_path / "c.npz")


def npy(text, data=b""):
    head = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY\x09\x00",
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cposix\nsystem\n."),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}"),
        npy("__import__('os').system('true')"),
        npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", bytes(4)),
    ],
)
def test_an_npz_with_a_hostile_array_is_refused(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", member)
    with pytest.raises(FileFormatError, match=r"c\.npz: array 'x_train'"):
        cifar10.load_data(tmp_path / "c.npz")


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    for name in ("c.npz", "c.tar.gz"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(FileFormatError, match="not a sound"):
            cifar10.load_data(tmp_path / name)


def member(name, kind=tarfile.REGTYPE, link="", size=0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize(
    "info",
    [
        member("../outside"),
        member("a/../../outside"),
        member("/outside"),
        member("link", tarfile.SYMTYPE, "/etc"),
        member("link", tarfile.LNKTYPE, "/etc/passwd"),
        member("fifo", tarfile.FIFOTYPE),
        member("device", tarfile.CHRTYPE),
        member("big", size=1 << 40),
        member("a\\b"),
    ],
)
def test_archive_members_that_lead_out_of_the_folder_are_refused(tmp_path, info):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(info)
    (tmp_path / "target").mkdir()
    with pytest.raises(FileFormatError, match=r"a\.tar"):
        extract_tar(tmp_path / "a.tar", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "target"]


def test_an_archive_cannot_write_through_a_link_that_is_already_there(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "target" / "door").symlink_to(tmp_path / "elsewhere")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(member("door/file"))
    with pytest.raises(FileFormatError, match="outside"):
        extract_tar(tmp_path / "a.tar", tmp_path / "target")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def real_folder(name):
    folder = Path(os.environ.get("AFINA_TEST_DATA", "/usr/share/datasets")) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there (AFINA_TEST_DATA names the folder of real data sets)")
    return folder


def test_the_real_fashion_mnist_has_the_known_statistics():
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data(real_folder("fashion-mnist"))
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert round(x_train.mean() / 255, 5) == 0.28604
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10


def test_the_real_mnist_has_the_known_statistics():
    (x_train, y_train), (x_test, _) = mnist.load_data(real_folder("mnist"))
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert round(x_train.mean() / 255, 5) == 0.13066
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
