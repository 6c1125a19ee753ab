"""Lower the learning rate when a quantity stops improving."""

from __future__ import annotations

import sys

from ..errors import ArgumentError
from .callback import AttributeState, Callback, Logs
from .monitor import Monitor


class ReduceLROnPlateau(AttributeState, Callback):
    """lr <- max(lr * factor, min_lr) after `patience` epochs without improvement of `monitor`.

    `cooldown` epochs follow in which nothing is counted. history gets `learning_rate`.

    >>> from afina.callbacks import ReduceLROnPlateau
    >>> ReduceLROnPlateau(factor=0.5, patience=2).patience
    2
    """

    state_names = ("best", "wait", "cooldown_left")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0.0 < factor < 1.0:
            raise ArgumentError(f"ReduceLROnPlateau: factor must lie in (0, 1), got {factor!r}")
        if patience < 0 or cooldown < 0 or min_lr < 0:
            raise ArgumentError(
                "ReduceLROnPlateau: patience, cooldown and min_lr must be at least 0, "
                f"got {patience}, {cooldown}, {min_lr}"
            )
        self.monitor = Monitor("ReduceLROnPlateau", monitor, mode, min_delta)
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = self.monitor.worst
        self.wait = 0
        self.cooldown_left = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if isinstance(logs, dict):
            logs["learning_rate"] = optimizer.learning_rate
        value = self.monitor.value(logs)
        if self.cooldown_left:
            self.cooldown_left -= 1
            self.wait = 0
        if self.monitor.better(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.cooldown_left:
            self.wait += 1
            if self.wait >= self.patience and optimizer.learning_rate > self.min_lr:
                optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
                self.cooldown_left = self.cooldown
                self.wait = 0
                if self.verbose:
                    sys.stdout.write(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:g}\n")
