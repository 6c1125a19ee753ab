"""Logs for TensorBoard, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

from ..errors import ArgumentError
from .callback import AttributeState, Callback, Logs
from .event_file import EventFile, histogram_value, scalar_value


class TensorBoard(AttributeState, Callback):
    """Write `epoch_loss`, `epoch_accuracy`, ... to log_dir/train and log_dir/validation, as Keras does.

    histogram_freq: every so many epochs the histograms of all weights (0: never).
    update_freq: "epoch", "batch", or a number of updates after which `batch_loss`, ... are written as well.
    The learning rate is written as `epoch_learning_rate`. View with `tensorboard --logdir log_dir`.

    >>> from afina.callbacks import TensorBoard
    >>> TensorBoard("logs", histogram_freq=1).update_freq
    0
    """

    state_names = ("updates",)

    def __init__(
        self, log_dir: str | Path = "logs", histogram_freq: int = 0, update_freq: str | int = "epoch"
    ) -> None:
        super().__init__()
        frequencies: dict[str | int, int] = {"epoch": 0, "batch": 1}
        if not isinstance(update_freq, int) and update_freq not in frequencies:
            raise ArgumentError(
                f'TensorBoard: update_freq must be "epoch", "batch" or a count, got {update_freq!r}'
            )
        for name, value in (("histogram_freq", histogram_freq), ("update_freq", update_freq)):
            if isinstance(value, int) and value < (name == "update_freq"):
                raise ArgumentError(f"TensorBoard: {name} must not be {value}; histogram_freq counts from 0")
        self.log_dir = Path(log_dir)
        self.histogram_freq = histogram_freq
        self.update_freq = update_freq if isinstance(update_freq, int) else frequencies[update_freq]
        self.updates = 0
        self._files: dict[str, EventFile] = {}

    def _file(self, part: str) -> EventFile:
        if part not in self._files:
            self._files[part] = EventFile(self.log_dir / part)
        return self._files[part]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.updates = 0

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.updates += 1
        if self.update_freq and self.updates % self.update_freq == 0:
            values = [scalar_value(f"batch_{name}", float(value)) for name, value in (logs or {}).items()]
            self._file("train").write(self.updates, values)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = dict(logs or {})
        logs.setdefault("learning_rate", self.model.optimizer.current_learning_rate)
        training = [scalar_value(f"epoch_{k}", float(v)) for k, v in logs.items() if not k.startswith("val_")]
        validation = [
            scalar_value(f"epoch_{k[4:]}", float(v)) for k, v in logs.items() if k.startswith("val_")
        ]
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            training += [histogram_value(f"{w.path}/histogram", w.numpy()) for w in self.model.weights]
        self._file("train").write(epoch, training)
        if validation:
            self._file("validation").write(epoch, validation)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}
