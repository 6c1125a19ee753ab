"""Set the learning rate, or the momentum, at the start of each epoch."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError
from .callback import Callback, Logs


class LearningRateScheduler(Callback):
    """`schedule(epoch)` or `schedule(epoch, lr)` gives the rate of each epoch; history gets `learning_rate`.

    >>> from afina.callbacks import LearningRateScheduler
    >>> halve = LearningRateScheduler(lambda epoch, lr: lr * 0.5 if epoch else lr)
    """

    attribute = "learning_rate"

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise ArgumentError(f"{type(self).__name__}: schedule must be a function, got {schedule!r}")
        self.schedule = schedule
        self.verbose = verbose
        self._arguments = len(inspect.signature(schedule).parameters)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        current = getattr(optimizer, self.attribute)
        value: Any = self.schedule(epoch, current) if self._arguments > 1 else self.schedule(epoch)
        setattr(optimizer, self.attribute, float(value))
        if self.verbose:
            sys.stdout.write(f"epoch {epoch + 1}: {self.attribute} {float(value):g}\n")

    def on_epoch_resume(self, epoch: int, batch: int) -> None:
        """Nothing: the checkpoint has the rate of this epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if isinstance(logs, dict):
            logs[self.attribute] = getattr(self.model.optimizer, self.attribute)


class MomentumScheduler(LearningRateScheduler):
    """The same for the momentum of `SGD`: raise it over the epochs; history gets `momentum`.

    >>> from afina.callbacks import MomentumScheduler
    >>> ramp = MomentumScheduler(lambda epoch: min(0.99, 0.5 + 0.05 * epoch))
    """

    attribute = "momentum"
