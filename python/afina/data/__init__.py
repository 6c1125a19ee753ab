"""Loading, splitting and scaling of data."""

from .folds import (
    group_k_fold as group_k_fold,
    k_fold as k_fold,
    stratified_k_fold as stratified_k_fold,
    temporal_folds as temporal_folds,
)
from .guarded import GuardedTestSet as GuardedTestSet, GuardError as GuardError
from .label_noise import LabelNoise as LabelNoise
from .loader import Dataset as Dataset, Loader as Loader, LoaderError as LoaderError
from .mismatched import (
    MismatchedSplit as MismatchedSplit,
    TwoSampleResult as TwoSampleResult,
    split_mismatched as split_mismatched,
    two_sample_test as two_sample_test,
)
from .normalize import (
    MinMaxNormalizer as MinMaxNormalizer,
    Normalizer as Normalizer,
    unit_norm as unit_norm,
)
from .order import permutation as permutation
from .splits import (
    group_split as group_split,
    random_split as random_split,
    stratified_split as stratified_split,
    temporal_split as temporal_split,
    train_test_split as train_test_split,
)
