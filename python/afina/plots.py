"""The curves of a training as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import ArgumentError
from .utils.optional import import_optional

TRAINING_COLOR = "#1f5fa8"
VALIDATION_COLOR = "#d9622b"
PANEL_INCHES = (4.8, 3.4)


def plot_history(
    history: Any, path: str | os.PathLike[str] | None = None, *, title: str | None = None
) -> Any:
    """One panel for each quantity, training and validation over the epochs; returns the matplotlib figure.

    `history`: what `fit` returns, or a dict of lists. `path`: where to write it (the ending chooses the
    format). The best epoch of the validation curve is marked. Nothing is shown on a screen, no display is
    needed. Raises `MissingExtraError` without matplotlib (`pip install 'afina[plots]'`), `ArgumentError` for
    an empty history.
    """
    curves: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    names = [name for name in curves if not name.startswith("val_") and len(curves[name]) > 0]
    if not names:
        raise ArgumentError("plot_history: the history is empty; train at least one epoch")
    matplotlib_figure = import_optional("matplotlib.figure", "drawing the curves")
    # A Figure of its own, without pyplot: no global state, no display, nothing to close.
    size = (PANEL_INCHES[0] * len(names), PANEL_INCHES[1])
    figure = matplotlib_figure.Figure(figsize=size, layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        numbers = [epoch + 1 for epoch in getattr(history, "epoch", ())][-len(curves[name]) :]
        if len(numbers) != len(curves[name]):
            numbers = list(range(1, len(curves[name]) + 1))
        _draw(axes, name, numbers, curves[name], curves.get(f"val_{name}", ()))
    if title is not None:
        figure.suptitle(title)
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    return figure


def _draw(
    axes: Any, name: str, epochs: Sequence[int], training: Sequence[float], validation: Sequence[float]
) -> None:
    dot = "o" if len(training) == 1 else None
    axes.plot(epochs, training, color=TRAINING_COLOR, label="training", marker=dot)
    if len(validation) > 0:
        every = max(1, len(training) // len(validation))  # validation_freq
        places = epochs[every - 1 :: every][: len(validation)]
        axes.plot(places, validation[: len(places)], color=VALIDATION_COLOR, label="validation", marker=dot)
        finite = [i for i in range(len(places)) if validation[i] == validation[i]]
        if finite:
            falls = not any(word in name for word in ("acc", "auc", "precision", "recall", "f1"))
            best = (min if falls else max)(finite, key=lambda i: validation[i])
            axes.plot(places[best], validation[best], "o", color=VALIDATION_COLOR)
            label = f"best {validation[best]:.4g} in epoch {places[best]}"
            axes.plot([], [], "o", color=VALIDATION_COLOR, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel(name.replace("_", " "))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
