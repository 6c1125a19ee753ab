"""The usual objective: build a model, train it, score it on held-out data or by cross-validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..checked import Checked
from ..data.folds import Fold, k_fold
from ..data.order import permutation
from ..errors import ArgumentError, DTypeError, ShapeError
from ..refusal import shown
from .trial import Trial

Options = Mapping[str, Any] | Callable[[Trial], Mapping[str, Any]]


class Training(Checked):
    """An objective for `search.run`: `build(trial)` returns a compiled model, which is trained and scored.

    Exactly one of validation_data (x, y): scored on it; validation_split: on that share of the rows, taken at
    random; folds: by cross-validation over so many folds of shuffled rows, or over the pairs of
    `data.group_k_fold` and its like; the metrics are means over the folds, `..._std` their deviations.
    epochs: for each training, unless the engine grants a budget. fit: more options of `model.fit`
    (batch_size, callbacks, class_weight, ...), a dict or a function of the trial. seed: of the random rows.
    The metrics are those of `evaluate`: `val_loss`, `val_accuracy`, ... and the last epoch's `loss`,
    `accuracy`. In a search with a folder each training keeps checkpoints there and goes on from them.

    >>> import afina
    >>> from afina import layers, search
    >>> def build(trial):
    ...     model = afina.Sequential([layers.Dense(1, input_shape=(2,))])
    ...     model.compile(afina.optimizers.SGD(trial["rate"]), "mse")
    ...     return model
    >>> x = np.random.default_rng(0).normal(size=(64, 2)); y = x @ [[1.0], [2.0]]
    >>> objective = search.Training(build, x, y, folds=4, epochs=3)
    >>> found = search.run(objective, {"rate": search.Log(1e-3, 0.3)}, search.Grid(3), metric="val_loss")
    >>> round(found.best["rate"], 2)
    0.3
    """

    def __init__(
        self,
        build: Callable[[Trial], Any],
        x: Any,
        y: Any,
        *,
        validation_data: tuple[Any, Any] | None = None,
        validation_split: float | None = None,
        folds: int | Sequence[Fold] | None = None,
        epochs: int = 10,
        fit: Options | None = None,
        seed: int = 0,
    ) -> None:
        given = [one is not None for one in (validation_data, validation_split, folds)]
        if sum(given) != 1:
            raise ArgumentError(
                "Training: give one of validation_data, validation_split and folds, got "
                f"{shown(validation_data)}, {shown(validation_split)} and {shown(folds)}"
            )
        if fit is not None and not callable(fit) and not isinstance(fit, Mapping):
            raise DTypeError(f"Training: fit must be a dict or a function of the trial, got {shown(fit)}")
        if epochs < 1:
            raise ArgumentError(f"Training: epochs must be at least 1, got {epochs}")
        self.build = build
        self.x, self.y = np.asarray(x), np.asarray(y)
        rows = len(self.x) if self.x.ndim else 0
        if self.y.ndim == 0 or len(self.y) != rows or rows == 0:
            raise ShapeError(
                f"Training: x and y need the same number of rows, got {self.x.shape} and {self.y.shape}"
            )
        self.epochs = epochs
        self.fit = fit
        self.parts = self._parts(rows, validation_data, validation_split, folds, seed)
        self.several = folds is not None

    def _parts(
        self, rows: int, data: Any, share: float | None, folds: int | Sequence[Fold] | None, seed: int
    ) -> list[tuple[Any, Any]]:
        """(training rows, validation rows or data) of each training."""
        if data is not None:
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise ArgumentError(f"Training: validation_data must be (x, y), got {shown(data)}")
            return [(slice(None), (np.asarray(data[0]), np.asarray(data[1])))]
        order = permutation(rows, seed)
        if share is not None:
            held = round(rows * share)
            if not 0 < held < rows:
                raise ArgumentError(
                    f"Training: validation_split={share!r} leaves nothing on one side of {rows} rows"
                )
            return [self._part(order[held:], order[:held])]
        pairs = k_fold(rows, folds, shuffle=True, seed=seed) if isinstance(folds, int) else folds or ()
        return [self._part(train, held) for train, held in pairs]

    def _part(self, train: Any, held: Any) -> tuple[Any, Any]:
        return np.sort(train), (self.x[np.sort(held)], self.y[np.sort(held)])

    def __call__(self, trial: Trial) -> dict[str, float]:
        found = [self._train(trial, number, *part) for number, part in enumerate(self.parts)]
        if not self.several:
            return found[0]
        metrics = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
        return {
            **metrics,
            **{f"{name}_std": float(np.std([one[name] for one in found])) for name in found[0]},
        }

    def _train(self, trial: Trial, number: int, rows: Any, validation: tuple[Any, Any]) -> dict[str, float]:
        model = self.build(trial)
        if not hasattr(model, "fit"):
            raise DTypeError(f"Training: build must return a compiled model, got {shown(model)}")
        options = dict(self.fit(trial) if callable(self.fit) else self.fit or {})
        folder: Path | None = None if trial.folder is None else trial.folder / f"training-{number}"
        if folder is not None:
            options.setdefault("resume", folder)
        history = model.fit(
            self.x[rows],
            self.y[rows],
            epochs=trial.budget or self.epochs,
            **{"verbose": 0, "validation_data": validation, **options},
        )
        last = {name: values[-1] for name, values in history.history.items() if not name.startswith("val_")}
        held = model.evaluate(*validation, verbose=0, return_dict=True)
        metrics = {**last, **{f"val_{name}": value for name, value in held.items()}}
        return {
            name: value for name, value in metrics.items() if not math.isnan(value) or name.startswith("val_")
        }
