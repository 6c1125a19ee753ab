"""CIFAR-10: 50,000 + 10,000 photos of 32 x 32 pixels in ten classes (Krizhevsky 2009)."""

from __future__ import annotations

import io
import os
import stat
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import FileFormatError
from ..utils.archive import extract_tar
from ..utils.download import cache_folder
from ..utils.optional import import_optional
from .npz import read_npz
from .sources import DatasetNotFoundError, RemoteFile, Source, locate

MAXIMUM = 255
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    170_052_171,
)
SOURCE = Source(
    name="cifar10",
    system_folders=("/usr/share/datasets/cifar10",),
    origin="https://www.cs.toronto.edu/~kriz/",
    files=(ARCHIVE,),
    hint="have it as .npz with x_train y_train x_test y_test, then path='that.npz'",
)
INNER_FOLDER = "cifar-10-batches-bin"
TRAIN_FILES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST_FILES = ("test_batch.bin",)
RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes
UNPACKED_LIMIT = 256 << 20


def load_data(
    path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((x_train, y_train), (x_test, y_test)): images (n, 32, 32, 3) uint8, labels (n, 1) uint8 from 0 to 9,
    as Keras.

    `path`: a folder with the binary batches (`data_batch_1.bin` ... `test_batch.bin`), the archive
    `cifar-10-binary.tar.gz`, or an `.npz` with `x_train y_train x_test y_test` or with JPEG streams
    (`train_jpeg`, `train_offsets`, `train_labels` and the same for test; these need the extra `data`).
    Without it `$AFINA_DATA/cifar10`, the system's data folder and the cache are looked at, then the archive
    is downloaded, unless `download=False`. Raises `DatasetNotFoundError` (a `FileNotFoundError`),
    `FileFormatError`, `MissingExtraError`.
    """
    place = Path(path) if path is not None else _find(download)
    if place.suffix == ".npz":
        return _load_npz(place)
    if place.is_file():
        place = _unpack(place)
    folder = place / INNER_FOLDER if (place / INNER_FOLDER).is_dir() else place
    missing = [name for name in (*TRAIN_FILES, *TEST_FILES) if not (folder / name).is_file()]
    if missing:
        raise DatasetNotFoundError(f"cifar10: {folder} lacks {', '.join(missing)}; {SOURCE.hint}")
    return _load_batches(folder, TRAIN_FILES), _load_batches(folder, TEST_FILES)


def _find(download: bool) -> Path:
    own = os.environ.get("AFINA_DATA")
    places = [Path(own) / "cifar10"] if own else []
    places += [Path(folder) for folder in SOURCE.system_folders]
    for place in places:
        if (place / "cifar10.npz").is_file():
            return place / "cifar10.npz"
    for place in (*places, cache_folder() / "cifar10"):
        for folder in (place, place / INNER_FOLDER):
            if (folder / TEST_FILES[0]).is_file():
                return folder
    return locate(SOURCE, None, download=download, folder_names=("cifar10",))[0]


def _unpack(archive: Path) -> Path:
    """The archive's batches in the cache, unpacked once."""
    status = archive.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FileFormatError(f"{archive}: not a regular file; allowed: {ARCHIVE.name}")
    folder = cache_folder() / "cifar10"
    extract_tar(archive, folder, size_limit=UNPACKED_LIMIT, member_limit=100)
    return folder


def _load_batches(folder: Path, names: tuple[str, ...]) -> tuple[Images, Labels]:
    parts = []
    for name in names:
        path = folder / name
        size = path.stat().st_size
        if size == 0 or size % RECORD or size > UNPACKED_LIMIT:
            raise FileFormatError(
                f"{path}: {size} bytes; allowed: a multiple of {RECORD} up to {UNPACKED_LIMIT}"
            )
        parts.append(np.fromfile(path, np.uint8).reshape(-1, RECORD))
    records = np.concatenate(parts)
    labels = _checked_labels(folder, records[:, :1].copy())
    images = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return images, labels


def _load_npz(path: Path) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    try:
        arrays = read_npz(path, ["x_train", "y_train", "x_test", "y_test"])
    except FileFormatError as error:
        if "has no array" not in str(error):
            raise
        return _load_jpegs(path, "train"), _load_jpegs(path, "test")
    return (
        _checked_pair(path, arrays["x_train"], arrays["y_train"]),
        _checked_pair(path, arrays["x_test"], arrays["y_test"]),
    )


def _load_jpegs(path: Path, part: str) -> tuple[Images, Labels]:
    arrays = read_npz(path, [f"{part}_jpeg", f"{part}_offsets", f"{part}_labels"])
    stream, offsets, labels = (arrays[f"{part}_{kind}"] for kind in ("jpeg", "offsets", "labels"))
    if stream.dtype != np.uint8 or stream.ndim != 1 or offsets.dtype.kind not in "iu" or offsets.ndim != 1:
        raise FileFormatError(
            f"{path}: {part}_jpeg must be uint8 (bytes,), {part}_offsets whole numbers (n + 1,)"
        )
    steps = np.diff(offsets.astype(np.int64))
    if len(offsets) < 1 or offsets[0] != 0 or offsets[-1] != len(stream) or bool((steps <= 0).any()):
        raise FileFormatError(
            f"{path}: {part}_offsets must rise from 0 to the {len(stream)} bytes of {part}_jpeg"
        )
    images = np.empty((len(steps), 32, 32, 3), np.uint8)
    for i in range(len(steps)):
        images[i] = _decode_jpeg(f"{path}: {part} image {i}", stream[offsets[i] : offsets[i + 1]].tobytes())
    return _checked_pair(path, images, labels)


def _decode_jpeg(where: str, content: bytes) -> npt.NDArray[Any]:
    pillow = import_optional("PIL.Image", "reading JPEG images")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of decompression bombs
            image = pillow.open(io.BytesIO(content), formats=("JPEG",))
            if image.size != (32, 32):  # known from the head, before anything is decoded
                raise FileFormatError(f"{where}: {image.size[0]} x {image.size[1]} pixels; allowed: 32 x 32")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Warning) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{where}: not a sound JPEG: {error}") from error


def _checked_pair(path: Path, images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> tuple[Images, Labels]:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (32, 32, 3):
        raise FileFormatError(
            f"{path}: images are {images.dtype} {images.shape}; allowed: uint8 (n, 32, 32, 3)"
        )
    if labels.dtype.kind not in "iu" or labels.shape not in {(len(images),), (len(images), 1)}:
        raise FileFormatError(
            f"{path}: labels are {labels.dtype} {labels.shape}; allowed: whole numbers ({len(images)},)"
        )
    return images, _checked_labels(path, labels.reshape(-1, 1))


def _checked_labels(path: Path, labels: npt.NDArray[Any]) -> Labels:
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) <= 9:
        raise FileFormatError(f"{path}: labels from {labels.min()} to {labels.max()}; allowed: 0 to 9")
    return labels.astype(np.uint8)
