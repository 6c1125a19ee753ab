"""Fashion-MNIST: 60,000 + 10,000 pieces of clothing of 28 x 28 pixels (Zalando, MIT; Xiao, Rasul, Vollgraf
2017).
"""

from __future__ import annotations

import os

from . import mnist_files
from .mnist_files import Images, Labels
from .sources import RemoteFile, Source

MAXIMUM = 255
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

SOURCE = Source(
    name="fashion_mnist",
    system_folders=("/usr/share/datasets/fashion-mnist",),
    origin="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # no https; the checksums guard
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            26_421_880,
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            29_515,
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            4_422_102,
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            5_148,
        ),
    ),
    hint="on Debian: apt-get install dataset-fashion-mnist",
)


def load_data(
    path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((x_train, y_train), (x_test, y_test)): images (n, 28, 28) uint8 from 0 to 255, labels (n,) uint8 from
    0 to 9.

    `path`: a folder with the four IDX files, gzipped or not; without it `$AFINA_DATA/fashion_mnist`, the
    folder of Debian's package and the cache are looked at, and then the files are downloaded and checked by
    SHA-256, unless `download=False`. The names of the classes are in `CLASSES`. Raises `DatasetNotFoundError`
    (a `FileNotFoundError`) that lists the ways to get the data, `FileFormatError` for damaged files.
    """
    return mnist_files.load(SOURCE, path, download=download, folder_names=("fashion_mnist", "fashion-mnist"))
