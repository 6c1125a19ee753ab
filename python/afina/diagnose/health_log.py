"""A callback that writes down the health of the layers while they train."""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any

from ..callbacks import Callback
from ..callbacks.callback import Logs
from ..errors import ArgumentError
from ..layers.watching import watched_outputs
from .layer_health import LayerHealth, Observer


class HealthLog(Callback):
    """Gradient norms and activations of every layer, in the first batch of each epoch or every so many
    updates.

    `records` holds one dict each time: epoch, step (updates so far), learning_rate, and `layers`, a list of
    `LayerHealth` as dicts. With `path` each is also a JSON line there; a resumed `fit` cuts the file back to
    what its checkpoint had seen. every: updates between two records; None looks once an epoch. Looking costs
    about as much as the forward pass of that batch.

    >>> from afina.diagnose import HealthLog
    >>> HealthLog(every=100).every
    100
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, every: int | None = None) -> None:
        super().__init__()
        if every is not None and every < 1:
            raise ArgumentError(f"HealthLog: every must be a count of updates from 1, got {every!r}")
        self.path = None if path is None else Path(path)
        self.every = every
        self.records: list[dict[str, Any]] = []
        self.epoch = 0
        self._looking: contextlib.ExitStack | None = None
        self._observer: Observer | None = None
        self._kept: int | None = 0  # bytes of the file that count

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.records = []
        self._kept = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        due = batch == 0 if self.every is None else self.model.optimizer.iterations % self.every == 0
        if due:
            self._observer = Observer(self.model)
            self._looking = contextlib.ExitStack()
            self._looking.enter_context(watched_outputs(self._observer.layers, self._observer.look))

    def on_gradients(self, gradients: list[Any], parameters: list[Any]) -> None:
        if self._observer is None:
            return
        self._observer.take_gradients(gradients, parameters)
        self._stop_looking()
        health = [_finite(one) for one in self._observer.health()]
        self._observer = None
        optimizer = self.model.optimizer
        self._write(
            {
                "epoch": self.epoch,
                "step": optimizer.iterations,
                "learning_rate": optimizer.current_learning_rate,
                "layers": health,
            }
        )

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._stop_looking()  # after a batch whose loss was NaN there were no gradients
        self._observer = None

    def close(self) -> None:
        self._stop_looking()

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.close()
            self._looking = None

    def _write(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._kept is not None:  # the first record of this run
            with self.path.open("a", encoding="utf-8") as file:
                file.truncate(self._kept)
            self._kept = None
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def get_state(self) -> dict[str, Any]:
        written = self.path is not None and self._kept is None
        size = self.path.stat().st_size if written and self.path is not None else self._kept or 0
        return {"records": self.records, "size": size}

    def set_state(self, state: dict[str, Any]) -> None:
        self.records = list(state["records"])
        self._kept = int(state["size"])


def _finite(one: LayerHealth) -> dict[str, Any]:
    """As a dict whose numbers JSON can hold: infinities and NaN become None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in one.as_dict().items()
    }
