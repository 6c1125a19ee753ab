"""Real data sets as NumPy arrays: `digits` comes with the package, the others from a folder or a checked
download.
"""

from . import (
    cifar10 as cifar10,
    digits as digits,
    fashion_mnist as fashion_mnist,
    mnist as mnist,
)
from .idx import read_idx as read_idx, write_idx as write_idx
from .sources import DatasetNotFoundError as DatasetNotFoundError
