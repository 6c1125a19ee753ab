"""The record of training: one list per quantity."""

from __future__ import annotations

import os
from typing import Any

from .callback import AttributeState, Callback, Logs


class History(AttributeState, Callback):
    """`history.history` maps names to one value per epoch, `history.epoch` lists the epochs; `fit` returns
    it.

    >>> from afina.callbacks import History
    >>> history = History()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history
    {'loss': [0.5]}
    """

    state_names = ("history", "epoch")

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw every quantity with its validation twin, one panel each; returns the matplotlib figure.

        With `path` the figure is also written there. Needs matplotlib: `pip install 'afina[plots]'`.
        """
        from ..plots import plot_history

        return plot_history(self, path)

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"
