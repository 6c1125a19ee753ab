"""One target task by total, partial and minimum transfer, from scratch and by features: a table (K2)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import utils
from ..callbacks import History
from ..errors import ArgumentError
from ..features.classify import linear_svm
from ..features.extract import extract
from ..models import clone_model
from ..refusal import shown
from ..utils.formatting import format_duration
from ..utils.optional import import_optional
from .stages import Stage
from .transfer import MODES, Transfer

Array = npt.NDArray[Any]

EVERY = ("features", *MODES, "scratch")
SVM_C = 0.01


@dataclass(frozen=True)
class ModeResult:
    """One row: how it was trained, for how long, accuracy on training and evaluation data."""

    mode: str
    epochs: int
    training: float
    evaluation: float
    trained: int  # numbers that training could change
    seconds: float
    predicted: Array = field(repr=False)  # classes of the evaluation data
    history: Mapping[str, list[float]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Comparison:
    """The rows of `compare_modes`; `print` shows the table, `plot` draws it."""

    rows: tuple[ModeResult, ...]

    def __getitem__(self, mode: str) -> ModeResult:
        for row in self.rows:
            if row.mode == mode:
                return row
        raise ArgumentError(f"Comparison: no row {mode!r}; there are {[row.mode for row in self.rows]}")

    @property
    def best(self) -> ModeResult:
        """The row with the highest accuracy on the evaluation data."""
        return max(self.rows, key=lambda row: row.evaluation)

    def __str__(self) -> str:
        lines = [f"{'mode':10} {'epochs':>6} {'training':>9} {'evaluation':>10} {'trained':>11}  time"]
        lines += [
            f"{row.mode:10} {row.epochs:6} {row.training:9.4f} {row.evaluation:10.4f} {row.trained:11,}  "
            f"{format_duration(row.seconds)}"
            for row in self.rows
        ]
        return "\n".join(lines)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Bars of both accuracies and the curves on the evaluation data; returns the matplotlib figure."""
        module = import_optional("matplotlib.figure", "drawing the comparison")
        made = module.Figure(figsize=(9, 3.4), layout="constrained")
        self.draw(*made.subplots(1, 2))
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            made.savefig(path, dpi=120)
        return made

    def draw(self, bars: Any, curves: Any) -> None:
        """The same into two matplotlib axes."""
        places = np.arange(len(self.rows))
        for shift, name, color in ((-0.2, "training", "#1f5fa8"), (0.2, "evaluation", "#d9622b")):
            heights = [getattr(row, name) for row in self.rows]
            bars.bar(places + shift, heights, 0.4, label=name, color=color)
        bars.set_xticks(places, [row.mode for row in self.rows])
        low = min(min(row.training, row.evaluation) for row in self.rows)
        bars.set(ylabel="accuracy", ylim=(max(0.0, 1.5 * low - 0.5), 1.0))
        bars.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        for row in self.rows:
            values = row.history.get("val_accuracy", [])
            epochs = np.linspace(0, row.epochs, len(values) + 1)[1:]
            curves.plot(epochs, values, "o-", ms=3, label=row.mode if len(values) else None)
        curves.set(xlabel="epoch", ylabel="evaluation accuracy")
        curves.legend(frameon=False)


def compare_modes(
    model: Any,
    x: Any,
    y: Any,
    *,
    validation_data: tuple[Any, Any],
    modes: Sequence[str] = MODES,
    stages: Mapping[str, Sequence[Stage]] | None = None,
    start: str | None = None,
    batch_size: int = 32,
    validation_freq: int = 1,
    seed: int = 0,
    verbose: int = 0,
) -> Comparison:
    """Transfer the trained `model` to images `x` with class numbers `y` in each of `modes`; one row each.

    "total", "partial" and "minimum" as in `Transfer` (`start`: where partial begins); "scratch" is "total"
    from random weights; "features" a linear SVM on the features (extra `data`). `stages` by mode: by default
    20 epochs at 0.001, for "total" the head first and then everything at 0.0001. Each mode starts from the
    same checkpoint and seed. The evaluation accuracy is that at the end, on `validation_data`;
    the curve has it every `validation_freq` epochs.

    >>> import numpy as np
    >>> from afina import Sequential, layers
    >>> trained = Sequential([layers.Dense(8, "tanh", input_shape=(2,)), layers.Dense(3, "softmax")])
    >>> x, y = np.eye(2, dtype="float32"), np.arange(2)
    >>> brief = {"total": [Stage(2)], "minimum": [Stage(1)]}
    >>> found = compare_modes(trained, x, y, validation_data=(x, y), modes=("total", "minimum"), stages=brief)
    >>> [(row.mode, row.epochs, row.trained) for row in found.rows]
    [('total', 2, 42), ('minimum', 1, 18)]
    """
    unknown = [mode for mode in modes if mode not in EVERY]
    if unknown or not modes:
        raise ArgumentError(f"compare_modes: modes must be some of {list(EVERY)}, got {shown(list(modes))}")
    if not isinstance(validation_data, tuple) or len(validation_data) != 2:
        raise ArgumentError("compare_modes: validation_data must be (x, y)")
    x, y, x_test, y_test = (np.asarray(part) for part in (x, y, *validation_data))
    y, y_test = y.reshape(-1), y_test.reshape(-1)
    recipes = {**_recipes(modes), **(stages or {})}
    rows = []
    for mode in modes:
        utils.set_random_seed(seed)
        started = time.perf_counter()
        if mode == "features":
            rows.append(_by_features(model, x, y, x_test, y_test, started))
            continue
        fresh = clone_model(model) if mode == "scratch" else model
        kind = "total" if mode == "scratch" else mode
        transfer = Transfer(fresh, int(y.max()) + 1, kind, start=start if kind == "partial" else None)
        trained = sum(w.size for w in transfer.model.trainable_weights)
        given: dict[str, Any] = {
            "batch_size": batch_size,
            "verbose": verbose,
            "validation_data": (x_test, y_test),
            "validation_freq": validation_freq,
        }
        history = transfer.fit(x, y, recipes[mode], **given)
        rows.append(_row(mode, transfer.model, history, trained, (x, y, x_test, y_test), started))
    return Comparison(tuple(rows))


def _recipes(modes: Sequence[str]) -> dict[str, Sequence[Stage]]:
    """What each mode does unless it is told otherwise."""
    recipes: dict[str, Sequence[Stage]] = {mode: [Stage(20)] for mode in modes}
    return {**recipes, "total": [Stage(8, 1e-3, "head"), Stage(12, 1e-4, "all")]}


def _row(
    mode: str, model: Any, history: History, trained: int, data: tuple[Any, ...], started: float
) -> ModeResult:
    x, y, x_test, y_test = data
    guesses, predicted = (model.predict(part, batch_size=32).argmax(axis=1) for part in (x, x_test))
    training, evaluation = float(np.mean(guesses == y)), float(np.mean(predicted == y_test))
    epochs, curves = len(history.epoch), dict(history.history)
    seconds = time.perf_counter() - started
    return ModeResult(mode, epochs, training, evaluation, trained, seconds, predicted, curves)


def _by_features(model: Any, x: Any, y: Any, x_test: Any, y_test: Any, started: float) -> ModeResult:
    rows, test_rows = extract(model, x), extract(model, x_test)
    classifier = linear_svm(SVM_C).fit(rows, y)
    predicted = classifier.predict(test_rows)
    training, evaluation = float(classifier.score(rows, y)), float(np.mean(predicted == y_test))
    count = sum(part.size for part in (classifier[-1].coef_, classifier[-1].intercept_))
    seconds = time.perf_counter() - started
    return ModeResult("features", 0, training, evaluation, int(count), seconds, predicted)
