"""Noise on the parameters while they train."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..errors import ArgumentError
from .callback import AttributeState, Callback, Logs


class WeightNoise(AttributeState, Callback):
    """Each batch is computed with weights + N(0, stddev^2); its gradient updates the weights themselves.

    A regularizer for the parameters, as noise on inputs (`GaussianNoise`) and on labels (`LabelNoise`) is for
    the data (Murray and Edwards 1994). Training only; stddev=0 changes nothing. seed: of a stream of its own;
    None draws from the library's generator.

    >>> from afina.callbacks import WeightNoise
    >>> WeightNoise(0.01).stddev
    0.01
    """

    state_names = ("draws",)

    def __init__(self, stddev: float, seed: int | None = None) -> None:
        super().__init__()
        if not 0 <= stddev < math.inf:
            raise ArgumentError(f"WeightNoise: stddev must be finite and not negative, got {stddev!r}")
        if seed is not None and seed < 0:
            raise ArgumentError(f"WeightNoise: seed must be None or at least 0, got {seed!r}")
        self.stddev = float(stddev)
        self.seed = seed
        self.draws = 0
        self._clean: list[tuple[Any, Any]] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.draws = 0

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if self.stddev == 0.0:
            return
        for weight in self.model.trainable_weights:
            self._clean.append((weight, weight.copy()))
            stream = None if self.seed is None else (self.seed, self.draws)
            self.draws += 1
            noise = ops.random_normal(weight.shape, 0.0, self.stddev, weight.dtype, seed=stream)
            weight.copy_(weight.detach() + noise)

    def on_gradients(self, gradients: list[Any], parameters: list[Any]) -> None:
        self._clean_up()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._clean_up()  # after a batch whose loss was NaN there were no gradients

    def close(self) -> None:
        self._clean_up()

    def _clean_up(self) -> None:
        for weight, values in self._clean:
            weight.copy_(values)
        self._clean = []
