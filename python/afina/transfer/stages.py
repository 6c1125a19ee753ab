"""Recipes of fine-tuning: what is trained for how long, one stage after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError
from ..optimizers.layer_rates import LayerRates
from ..training.options import check_counts


@dataclass(frozen=True)
class Stage:
    """`epochs` at `learning_rate` with the layers `train`: "head", "all", or the name of the first one.

    `train=None` leaves the layers as they are; `layer_rates` as for the optimizers.

    >>> Stage(5, 1e-3, "head").epochs
    5
    """

    epochs: int
    learning_rate: float = 1e-3
    train: str | None = None
    layer_rates: LayerRates | None = None

    def __post_init__(self) -> None:
        check_counts("Stage", 1, optional=False, epochs=self.epochs)


def head_then_middle(
    start: str, epochs: tuple[int, int] = (5, 10), learning_rates: tuple[float, float] = (1e-3, 1e-4)
) -> list[Stage]:
    """First the new head alone, then with it the layers from `start` on at a lower rate (D0).

    >>> [stage.train for stage in head_then_middle("block_14_expand")]
    ['head', 'block_14_expand']
    """
    return [Stage(epochs[0], learning_rates[0], "head"), Stage(epochs[1], learning_rates[1], start)]


def gradual(
    names: Sequence[str], epochs: int = 2, learning_rate: float = 1e-3, factor: float = 0.5
) -> list[Stage]:
    """The head first, then ever earlier layers with it, each stage at `factor` times the rate of the last.

    `names`: first layers of the groups, the latest group first (Howard and Ruder 2018, gradual unfreezing);
    `Transfer.groups(n)` makes them.

    >>> [(stage.train, stage.learning_rate) for stage in gradual(["c", "a"], learning_rate=0.4)]
    [('head', 0.4), ('c', 0.2), ('a', 0.1)]
    """
    if not 0 < factor <= 1:
        raise ArgumentError(f"gradual: factor must lie in (0, 1], got {factor!r}")
    parts: list[Any] = ["head", *names]
    return [Stage(epochs, learning_rate * factor**i, part) for i, part in enumerate(parts)]
