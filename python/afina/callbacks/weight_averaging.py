"""Averages of the weights over the updates, which often do better than the last weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .callback import Array, Callback, Logs, copy_weights, put_weights


class WeightAverage(Callback):
    """Base: keeps an average beside the weights, validates with it, and leaves it in the model at the end.

    Subclasses say when `add` is called and how much a new value counts. With `swap_on_evaluation=False` the
    validation during `fit` sees the trained weights instead. Moving statistics of normalization layers are
    averaged with the rest; `afina.inference.recalibrate_normalization` computes them anew.
    """

    def __init__(self, swap_on_evaluation: bool = True) -> None:
        super().__init__()
        self.swap_on_evaluation = swap_on_evaluation
        self.average: list[Array] = []
        self.count = 0
        self._trained: list[Array] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.average, self.count, self._trained = [], 0, None

    def add(self, share: float) -> None:
        """average <- average + share * (weights - average); the first weights are the first average."""
        weights = copy_weights(self.model)
        if not self.average:
            self.average = weights
        else:
            for mean, value in zip(self.average, weights, strict=True):
                whole = mean.dtype.kind != "f"  # counters are taken, not averaged
                mean[...] = value if whole else mean + share * (value - mean)
        self.count += 1

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if self.swap_on_evaluation and self.average and self._trained is None:
            self._trained = copy_weights(self.model)
            put_weights(self.model, self.average)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap_back()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.average:
            put_weights(self.model, self.average)

    def close(self) -> None:
        self._swap_back()  # stopped inside an evaluation

    def _swap_back(self) -> None:
        if self._trained is not None:
            put_weights(self.model, self._trained)
            self._trained = None

    def get_state(self) -> dict[str, Any]:
        return {"count": self.count}

    def set_state(self, state: dict[str, Any]) -> None:
        self.count = int(state["count"])

    def get_arrays(self) -> dict[str, Array]:
        return {str(index): array for index, array in enumerate(self.average)}

    def set_arrays(self, arrays: dict[str, Array]) -> None:
        self.average = [np.array(arrays[str(index)]) for index in range(len(arrays))]


class ExponentialMovingAverage(WeightAverage):
    """average <- momentum * average + (1 - momentum) * weights, after every update (Polyak averaging).

    The average begins as the weights after the first update. Validation and the finished model use it.

    >>> from afina.callbacks import ExponentialMovingAverage
    >>> ExponentialMovingAverage(0.99).momentum
    0.99
    """

    def __init__(self, momentum: float = 0.999, swap_on_evaluation: bool = True) -> None:
        super().__init__(swap_on_evaluation)
        if not 0 <= momentum < 1:
            raise ArgumentError(f"ExponentialMovingAverage: momentum must lie in [0, 1), got {momentum!r}")
        self.momentum = float(momentum)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.add(1.0 - self.momentum)


class StochasticWeightAverage(WeightAverage):
    """The plain mean of the weights at the ends of the epochs from `start_epoch` on (Izmailov et al. 2018).

    start_epoch: the first epoch that counts, from 0; choose it where training has nearly converged, with a
    constant or cyclic rate after it. every: epochs between two that count.

    >>> from afina.callbacks import StochasticWeightAverage
    >>> StochasticWeightAverage(start_epoch=10).start_epoch
    10
    """

    def __init__(self, start_epoch: int = 0, every: int = 1, swap_on_evaluation: bool = True) -> None:
        super().__init__(swap_on_evaluation)
        if start_epoch < 0:
            raise ArgumentError(
                f"StochasticWeightAverage: start_epoch must be at least 0, got {start_epoch!r}"
            )
        if every < 1:
            raise ArgumentError(f"StochasticWeightAverage: every must be at least 1, got {every!r}")
        self.start_epoch = start_epoch
        self.every = every

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch >= self.start_epoch and (epoch - self.start_epoch) % self.every == 0:
            self.add(1.0 / (self.count + 1))
