"""Write the model while it trains."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import ArgumentError
from .callback import AttributeState, Callback, Logs
from .monitor import Monitor


class ModelCheckpoint(AttributeState, Callback):
    """Save the model, or its weights, after each epoch or every `save_freq` updates.

    filepath may hold `{epoch}` (from 1) and names from the logs: `"{epoch:02d}-{val_loss:.3f}.afina"`.
    save_best_only: only when `monitor` improved. save_weights_only: `save_weights` instead of `save`.
    To continue training exactly where it stopped use `fit(..., resume=folder)`.

    >>> from afina.callbacks import ModelCheckpoint
    >>> ModelCheckpoint("best.afina", save_best_only=True).monitor.name
    'val_loss'
    """

    state_names = ("best", "updates")

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__()
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq >= 1):
            raise ArgumentError(f'ModelCheckpoint: save_freq must be "epoch" or a count, got {save_freq!r}')
        self.filepath = str(filepath)
        self.monitor = Monitor("ModelCheckpoint", monitor, mode)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = self.monitor.worst if initial_value_threshold is None else initial_value_threshold
        self.updates = 0
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if isinstance(self.save_freq, int):
            self.updates += 1
            if self.updates % self.save_freq == 0:
                self._save(self.epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Logs | None) -> None:
        if self.save_best_only:
            value = self.monitor.value(logs)
            if not self.monitor.better(value, self.best):
                return
            self.best = value
        try:
            path = self.filepath.format(**{**(logs or {}), "epoch": epoch + 1})
        except KeyError as error:
            raise ArgumentError(
                f"ModelCheckpoint: filepath {self.filepath!r} names {error}; there is "
                f"{', '.join(['epoch', *(logs or {})])}"
            ) from None
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            sys.stdout.write(f"ModelCheckpoint: wrote {path}\n")
