"""The record of training: one list per quantity."""

from __future__ import annotations

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

    def plot(self, path: str | None = None) -> Any:
        """Draw every quantity with its validation twin, one panel each; returns the matplotlib figure.

        With `path` the figure is also written there. Needs matplotlib: `pip install 'afina[plots]'`.
        """
        from ..utils.optional import import_optional

        pyplot = import_optional("matplotlib.pyplot", "History.plot")
        names = [name for name in self.history if not name.startswith("val_")]
        figure, axes = pyplot.subplots(
            1, max(1, len(names)), figsize=(4.5 * max(1, len(names)), 3.5), squeeze=False
        )
        for axis, name in zip(axes[0], names, strict=False):
            values = self.history[name]
            axis.plot([epoch + 1 for epoch in self.epoch[-len(values) :]], values, label="training")
            validation = self.history.get(f"val_{name}")
            if validation:
                every = max(1, len(values) // len(validation))
                epochs = [epoch + 1 for epoch in self.epoch][every - 1 :: every][: len(validation)]
                axis.plot(epochs, validation, label="validation")
                axis.legend()
            axis.set_xlabel("epoch")
            axis.set_ylabel(name)
        figure.tight_layout()
        if path is not None:
            figure.savefig(path)
        return figure

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"
