"""Callbacks: what happens around epochs and batches."""

from .callback import Callback as Callback
from .callback_list import CallbackList as CallbackList
from .csv_logger import CSVLogger as CSVLogger
from .early_stopping import EarlyStopping as EarlyStopping
from .history import History as History
from .lambda_callback import LambdaCallback as LambdaCallback
from .learning_rate_scheduler import (
    LearningRateScheduler as LearningRateScheduler,
    MomentumScheduler as MomentumScheduler,
)
from .model_checkpoint import ModelCheckpoint as ModelCheckpoint
from .progress_bar import ProgressBar as ProgressBar
from .reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .tensorboard import TensorBoard as TensorBoard
from .terminate_on_nan import TerminateOnNaN as TerminateOnNaN
from .weight_averaging import (
    ExponentialMovingAverage as ExponentialMovingAverage,
    StochasticWeightAverage as StochasticWeightAverage,
)
from .weight_noise import WeightNoise as WeightNoise
