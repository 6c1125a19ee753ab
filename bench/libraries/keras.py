"""Keras's adapter for training, on the backend of its name: keras-jax, keras-tensorflow, keras-torch."""

from __future__ import annotations

from ..case import Case, Timing
from ..networks import keras_runner
from .base import Library, Runner


class Keras(Library):
    """The same networks as ours, with `import keras` instead of `import afina as keras`."""

    def __init__(self, threads: int, options: list[str]) -> None:
        super().__init__(threads, options)
        import keras

        if keras.backend.backend() == "torch":
            import torch

            torch.set_num_threads(threads)
        self.keras = keras

    def supports(self, case: Case, timing: Timing) -> bool:
        """Training only."""
        return case.op == "training"

    def runner(self, case: Case, timing: Timing) -> Runner:
        """train_on_batch or fit."""
        return keras_runner(self.keras, case, timing, float)
