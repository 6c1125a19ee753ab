"""The base of layers that draw numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import random
from ..data.order import check_seed, generator
from ..parameter import Parameter
from .layer import TensorLayer


class SeededLayer(TensorLayer):
    """A layer that draws numbers: from the library's generator, or from its own stream when it has a seed."""

    _same_shape = True
    supports_masking = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed if seed is None else check_seed(seed, self.label)
        self._draws: Parameter | None = None
        if seed is not None:
            self._draws = Parameter([0], "draws", dtype="int64", trainable=False, path=f"{self.name}/draws")

    def _assigned_weights(self) -> list[Parameter]:
        return [w for w in super()._assigned_weights() if w is not self._draws]

    def own_variables(self) -> list[Parameter]:
        """The counter of draws of a seeded layer: state that a checkpoint keeps and `weights` leaves out."""
        return [] if self._draws is None else [self._draws]

    def next_seed(self) -> tuple[int, int] | None:
        """(seed, number of this draw), or None for the library's generator."""
        if self._draws is None or self.seed is None:
            return None
        count = int(self._draws.item())
        self._draws.fill_(count + 1)
        return (self.seed, count)

    def next_generator(self) -> np.random.Generator:
        """A NumPy generator for this call, from the same streams as `next_seed`."""
        drawn = self.next_seed()
        if drawn is None:
            seed, stream = random.get_state()
            random.set_state((seed, stream + 1))
            drawn = (seed, stream)
        return generator(*drawn, 0)
