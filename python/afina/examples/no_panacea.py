"""Deep learning is no panacea (deck D0): the best of three models depends on the task.

A straight line with noise and few samples, a table of thresholds, and digits anywhere in an image, each
fitted by a linear model (ridge or logistic regression), a random forest and a neural network (dense, or
convolutional for images). None wins everywhere; only held-out data say which to take.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, callbacks, layers, optimizers, utils
from ..utils.optional import import_optional
from .showing import figure, load_digits, main

Task = tuple[Any, Any, Any, Any]  # x, y to learn from; x, y held out
KINDS = ("linear", "forest", "network")


def line(generator: np.random.Generator) -> Task:
    """40 samples of 20 features, y linear in all of them, with noise."""
    x, slope = generator.normal(size=(1040, 20)), generator.normal(size=20)
    y = x @ slope + 1.0 * generator.normal(size=1040)
    return x[:40], y[:40], x[40:], y[40:]


def table(generator: np.random.Generator) -> Task:
    """500 rows of 20 columns of very different spread, of which three decide by thresholds."""
    x = generator.lognormal(sigma=2.0, size=(2500, 20))
    y = ((x[:, 0] > 1) & (x[:, 1] > 1)) | (x[:, 2] > 4)
    return x[:500], y[:500].astype(np.int64), x[500:], y[500:].astype(np.int64)


def digits(generator: np.random.Generator) -> Task:
    """The digits of 8 x 8 pixels somewhere in 16 x 16, as rows of 256."""
    x, y, held, truth = load_digits()

    def placed(images: Any) -> Any:
        wide = np.zeros((len(images), 16, 16), "float32")
        for image, small, (top, left) in zip(
            wide, images, generator.integers(0, 9, (len(images), 2)), strict=True
        ):
            image[top : top + 8, left : left + 8] = small
        return wide.reshape(-1, 256)

    return placed(x), y, placed(held), truth


def network(task: Task, classes: int) -> Any:
    """Predictions of two hidden layers, stopped early by a fifth of the training samples."""
    x, y, held, _ = task
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-2
    x, held = ((part - mean) / deviation for part in (x, held))
    model = Sequential([layers.Input(shape=x.shape[1:])])
    if classes == 10:
        model.add(layers.Reshape((16, 16, 1)))
        for filters in (32, 64):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
            model.add(layers.MaxPooling2D(2))
        model.add(layers.Flatten())
    else:
        model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax" if classes > 1 else "linear"))
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy" if classes > 1 else "mse")
    stop = callbacks.EarlyStopping(patience=15, restore="best")
    model.fit(x, y, epochs=100, validation_split=0.2, callbacks=[stop], verbose=0)
    found = model.predict(held, verbose=0)
    return found.argmax(axis=1) if classes > 1 else found[:, 0]


def score(task: Task, kind: str, classes: int) -> float:
    """Accuracy on the held-out samples; for numbers the share of variance explained, R^2, at least 0."""
    x, y, held, truth = task
    if kind == "network":
        found = network((x, y if classes > 1 else y[:, None], held, truth), classes)
    else:
        found = _fit(kind, classes).fit(x, y).predict(held)
    if classes > 1:
        return float((found == truth).mean())
    return max(0.0, 1 - float(((found - truth) ** 2).mean() / truth.var()))


def _fit(kind: str, classes: int) -> Any:
    """scikit-learn's model of that kind."""
    pipeline = import_optional("sklearn.pipeline", "comparing models")
    scaling = import_optional("sklearn.preprocessing", "comparing models")
    linear = import_optional("sklearn.linear_model", "comparing models")
    ensemble = import_optional("sklearn.ensemble", "comparing models")
    if kind == "linear":
        model = linear.LogisticRegression(max_iter=500) if classes > 1 else linear.RidgeCV()
        return pipeline.make_pipeline(scaling.StandardScaler(), model)
    forest = ensemble.RandomForestClassifier if classes > 1 else ensemble.RandomForestRegressor
    return forest(200, random_state=0)


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Scores of every model on every task, and the best of each."""
    utils.set_random_seed(0)
    makers: dict[str, tuple[Callable[[np.random.Generator], Task], int]] = {
        "a noisy line": (line, 1),
        "a table of thresholds": (table, 2),
        "digits anywhere": (digits, 10),
    }
    repeats = {"a noisy line": 3 if quick else 10, "a table of thresholds": 1 if quick else 5}
    scores: dict[str, dict[str, float]] = {}
    for name, (make, classes) in makers.items():
        tasks = [make(np.random.default_rng(seed)) for seed in range(repeats.get(name, 1))]
        scores[name] = {
            kind: float(np.mean([score(task, kind, classes) for task in tasks])) for kind in KINDS
        }
    if picture is not None:
        made, axes = figure(1, size=(6.0, 3.2))
        for shift, (kind, color) in enumerate(zip(KINDS, ("#1f5fa8", "#d9622b", "#3a8f5c"), strict=True)):
            place = np.arange(len(scores)) + 0.25 * (shift - 1)
            axes[0, 0].bar(place, [row[kind] for row in scores.values()], 0.23, label=kind, color=color)
        axes[0, 0].set_xticks(range(len(scores)), list(scores))
        axes[0, 0].set(ylabel="accuracy, or R² of the line", ylim=(0, 1))
        axes[0, 0].legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.18))
        made.savefig(picture, dpi=110)
    best = {name: max(row, key=row.__getitem__) for name, row in scores.items()}
    return {"scores": scores, "best": best}


if __name__ == "__main__":
    main(run, "no_panacea")
