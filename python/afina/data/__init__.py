"""Loading, splitting and scaling of data."""

from .loader import Dataset as Dataset, Loader as Loader, LoaderError as LoaderError
from .normalize import Normalizer as Normalizer
from .order import permutation as permutation
from .splits import (
    group_split as group_split,
    random_split as random_split,
    stratified_split as stratified_split,
    temporal_split as temporal_split,
    train_test_split as train_test_split,
)
