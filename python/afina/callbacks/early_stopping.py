"""Stop when the validation cost no longer falls."""

from __future__ import annotations

import sys
from typing import Any

from ..errors import ArgumentError
from .callback import Array, Callback, Logs, copy_weights, put_weights
from .monitor import Monitor

RESTORES = (None, "best", "previous")


class EarlyStopping(Callback):
    """Stop training when `monitor` has not improved for `patience` evaluations.

    patience: evaluations without improvement that are forgiven; as in Keras, 0 and 1 both stop at the first
    one.
    restore: None keeps the last weights; "best" puts back those of the best evaluation, also when all epochs
    run
        out; "previous" those of the evaluation before the one that stopped. `restore_best_weights=True` is
        Keras's spelling of "best".
    every_n_steps: evaluate on the validation data after every n updates, instead of at each epoch's end.
    criterion: "val" watches the monitored quantity; "gap" watches validation minus training, e.g.
        val_loss - loss (training minus validation for quantities to maximize): stop when it grows.
    min_delta, mode, baseline, start_from_epoch: as in Keras.

    "Stop as soon as the error rises and use the previous weights" is
    `EarlyStopping(patience=0, every_n_steps=5, restore="previous")`.

    >>> from afina.callbacks import EarlyStopping
    >>> EarlyStopping(patience=3, restore_best_weights=True).restore
    'best'
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
        *,
        every_n_steps: int | None = None,
        restore: str | None = None,
        criterion: str = "val",
    ) -> None:
        super().__init__()
        if restore not in RESTORES:
            raise ArgumentError(f"EarlyStopping: restore must be one of {RESTORES}, got {restore!r}")
        if restore_best_weights and restore == "previous":
            raise ArgumentError('EarlyStopping: restore_best_weights=True contradicts restore="previous"')
        if criterion not in ("val", "gap"):
            raise ArgumentError(f'EarlyStopping: criterion must be "val" or "gap", got {criterion!r}')
        if criterion == "gap" and not monitor.startswith("val_"):
            raise ArgumentError(
                f'EarlyStopping: criterion="gap" needs a monitor named val_..., got {monitor!r}'
            )
        if patience < 0:
            raise ArgumentError(f"EarlyStopping: patience must be at least 0, got {patience}")
        if every_n_steps is not None and every_n_steps < 1:
            raise ArgumentError(f"EarlyStopping: every_n_steps must be at least 1, got {every_n_steps}")
        if start_from_epoch < 0:
            raise ArgumentError(f"EarlyStopping: start_from_epoch must be at least 0, got {start_from_epoch}")
        self.monitor = Monitor("EarlyStopping", monitor, mode, min_delta)
        self.training_monitor = Monitor("EarlyStopping", monitor.removeprefix("val_"), mode)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.start_from_epoch = start_from_epoch
        self.every_n_steps = every_n_steps
        self.restore = "best" if restore_best_weights else restore
        self.criterion = criterion
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = float("inf") if self.criterion == "gap" else self.monitor.worst
        if self.baseline is not None:
            self.best = self.baseline
        self.best_epoch = 0
        self.evaluations: list[float] = []
        self.epoch = 0
        self.steps = 0
        self.stopped = False
        self.best_weights: list[Array] = []
        self.previous_weights: list[Array] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.every_n_steps is None:
            return
        self.steps += 1
        if self.steps % self.every_n_steps == 0 and not self.stopped:
            if self.validate is None:
                raise ArgumentError("EarlyStopping: every_n_steps needs validation_data in fit")
            self.evaluated(self.epoch, {**(logs or {}), **self.validate()})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.every_n_steps is None:
            self.evaluated(epoch, logs)

    def quantity(self, logs: Logs | None) -> float:
        """What is compared: the monitored value, or the gap."""
        value = self.monitor.value(logs)
        if self.criterion == "val":
            return value
        training = self.training_monitor.value(logs)
        return training - value if self.monitor.maximizes else value - training

    def evaluated(self, epoch: int, logs: Logs | None) -> None:
        """Judge one evaluation."""
        if epoch < self.start_from_epoch:
            return
        value = self.quantity(logs)
        self.evaluations.append(value)
        better = (
            value + self.monitor.min_delta < self.best
            if self.criterion == "gap"
            else self.monitor.better(value, self.best)
        )
        first = self.restore == "best" and not self.best_weights
        if better or first:
            self.best_epoch = epoch
            if self.restore == "best":
                self.best_weights = copy_weights(self.model)
        if better:
            self.best = value
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience and len(self.evaluations) > 1:
                self._stop(epoch)
                return
        if self.restore == "previous":
            self.previous_weights = copy_weights(self.model)

    def _stop(self, epoch: int) -> None:
        self.stopped = True
        self.stopped_epoch = epoch
        self.model.stop_training = True
        if self.restore == "previous" and self.previous_weights:
            put_weights(self.model, self.previous_weights)
        elif self.restore == "best":
            put_weights(self.model, self.best_weights)
        if self.verbose:
            restored = f", weights restored: {self.restore}" if self.restore else ""
            sys.stdout.write(f"EarlyStopping: stopped in epoch {epoch + 1}{restored}\n")

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.restore == "best" and self.best_weights and not self.stopped:
            put_weights(self.model, self.best_weights)

    _STATE = ("wait", "stopped_epoch", "best", "best_epoch", "evaluations", "epoch", "steps", "stopped")

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._STATE}

    def set_state(self, state: dict[str, Any]) -> None:
        for name in self._STATE:
            setattr(self, name, state[name])

    def get_arrays(self) -> dict[str, Array]:
        arrays = {f"best/{index}": array for index, array in enumerate(self.best_weights)}
        return {**arrays, **{f"previous/{index}": array for index, array in enumerate(self.previous_weights)}}

    def set_arrays(self, arrays: dict[str, Array]) -> None:
        for kind, target in (("best", self.best_weights), ("previous", self.previous_weights)):
            count = sum(name.startswith(f"{kind}/") for name in arrays)
            target[:] = [arrays[f"{kind}/{index}"] for index in range(count)]
