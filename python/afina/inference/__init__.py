"""More from trained networks: committees, several views of an example, uncertainty."""

from .combining import combined as combined
from .ensemble import Ensemble as Ensemble, train_ensemble as train_ensemble
from .recalibrate import recalibrate_normalization as recalibrate_normalization
from .test_time import (
    Uncertain as Uncertain,
    crops as crops,
    predict_augmented as predict_augmented,
    predict_crops as predict_crops,
    predict_with_dropout as predict_with_dropout,
)
