"""One small CNN on CIFAR-10, without and with each remedy against overfitting (decks D0, D2, D4; R9).

Every network is the same, sees 28 x 28 of the 32 x 32 pixels and trains equally long with Adam; what differs
is one thing a row. The gap is training minus test accuracy, both in inference. Early stopping watches images
that no network trains on; the committee has the plain network and two more from other seeds; test-time crops
are the ten crops of the network that was trained with augmentation.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, callbacks, inference, layers, optimizers, regularizers, utils
from ..datasets import cifar10
from .showing import figure, main

SIZE = 28  # what a network sees of an image
TRAINED, HELD = 10_000, 2_000  # images of CIFAR-10's training part
EPOCHS, BATCH, RATE = 25, 64, 1e-3
MEMBERS = 3


@dataclass(frozen=True)
class Remedy:
    """What one row changes in the network or in its training."""

    penalty: Any = None
    dropout: float = 0.0
    norm: bool = False
    augmented: bool = False
    hooks: Sequence[Any] = field(default=())


@dataclass(frozen=True)
class Row:
    """Accuracies of one remedy on its training images and on the test images, and the seconds to train."""

    name: str
    train: float
    test: float
    seconds: float

    @property
    def gap(self) -> float:
        """Training minus test accuracy."""
        return self.train - self.test

    def __str__(self) -> str:
        figures = f"{self.train:.3f} | {self.test:.3f} | {self.gap:.3f} | {self.seconds:.0f}"
        return f"| {self.name} | {figures} |"


def network(remedy: Remedy, classes: int = 10) -> tuple[Any, Any]:
    """The network on 32 x 32 pixels and, inside it, the one that sees 28 x 28: three convolutions, two dense
    layers.
    """
    body = Sequential([layers.Input(shape=(SIZE, SIZE, 3))])
    for filters in (32, 64, 128):
        body.add(layers.Conv2D(filters, 3, padding="same", use_bias=not remedy.norm))
        if remedy.norm:
            body.add(layers.BatchNormalization(momentum=0.9))
        body.add(layers.ReLU())
        body.add(layers.MaxPooling2D(2))
        if remedy.dropout:
            body.add(layers.Dropout(remedy.dropout / 2))
    body.add(layers.Flatten())
    body.add(layers.Dense(128, activation="relu"))
    if remedy.dropout:
        body.add(layers.Dropout(remedy.dropout))
    body.add(layers.Dense(classes, activation="softmax"))
    window: list[Any] = [layers.CenterCrop(SIZE, SIZE)]
    if remedy.augmented:
        window = [layers.RandomFlip("horizontal"), layers.RandomCrop(SIZE, SIZE)]
    model = Sequential([layers.Input(shape=(32, 32, 3)), *window, body], regularizer=remedy.penalty)
    model.compile(optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, body


def compare(train: Any, held: Any, test: Any, epochs: int = EPOCHS) -> list[Row]:
    """The rows of the table, printed as they come; train, held and test are (images in [0, 1], labels)."""
    rows: list[Row] = []

    def fitted(remedy: Remedy, seed: int = 0) -> tuple[Any, Any, float]:
        utils.set_random_seed(seed)
        model, body = network(remedy)
        started = time.perf_counter()
        validation = held if remedy.hooks else None
        model.fit(
            *train,
            batch_size=BATCH,
            epochs=epochs,
            verbose=0,
            validation_data=validation,
            callbacks=remedy.hooks,
        )
        return model, body, time.perf_counter() - started

    def add(name: str, predict: Any, seconds: float) -> None:
        on_train, on_test = (_accuracy(predict(x), y) for x, y in (train, test))
        rows.append(Row(name, on_train, on_test, seconds))
        print(rows[-1], flush=True)

    def predictor(model: Any) -> Any:
        return lambda x: model.predict(x, batch_size=250, verbose=0)

    plain, _, seconds = fitted(Remedy())
    add("plain", predictor(plain), seconds)
    stop = callbacks.EarlyStopping(patience=3, restore="best")
    for name, remedy in (
        ("L2, lambda 0.001", Remedy(penalty=regularizers.L2(0.001))),
        ("dropout 0.25 and 0.5", Remedy(dropout=0.5)),
        ("batch normalization", Remedy(norm=True)),
        ("early stopping", Remedy(hooks=[stop])),
    ):
        model, _, spent = fitted(remedy)
        add(name, predictor(model), spent)
    others = [fitted(Remedy(), seed) for seed in range(1, MEMBERS)]
    committee = inference.Ensemble([plain, *[model for model, _, _ in others]])
    add(f"committee of {MEMBERS}", committee.predict, seconds + sum(spent for _, _, spent in others))
    model, body, spent = fitted(Remedy(augmented=True))
    add("augmentation: mirror, crops", predictor(model), spent)
    add(
        "augmentation, ten crops at test time",
        lambda x: inference.predict_crops(body, x, SIZE, batch_size=250),
        spent,
    )
    return rows


def _accuracy(predicted: Any, labels: Any) -> float:
    return float((predicted.argmax(axis=1) == labels).mean())


def load(path: str | None, count: int, held: int) -> tuple[Any, Any, Any]:
    """(train, held, test) of CIFAR-10 in [0, 1]: the first images of one random order, and the test part."""
    (x, y), (x_test, y_test) = cifar10.load_data(path)
    order = np.random.default_rng(0).permutation(len(x))
    chosen, kept = order[:count], order[count : count + held]
    parts = [(x[chosen], y[chosen]), (x[kept], y[kept]), (x_test, y_test)]
    train, validation, test = [
        (images.astype("float32") / cifar10.MAXIMUM, labels[:, 0].astype("int32")) for images, labels in parts
    ]
    return train, validation, test


def draw(rows: Sequence[Row], path: Path) -> None:
    """Training and test accuracy of each row, the gap between them as a line."""
    made, axes = figure(1, size=(7.0, 3.6))
    axis, place = axes[0, 0], np.arange(len(rows))[::-1]
    axis.hlines(place, [row.test for row in rows], [row.train for row in rows], color="#b5b5b5", lw=4)
    axis.plot([row.train for row in rows], place, "o", color="#1f5fa8", label="training")
    axis.plot([row.test for row in rows], place, "o", color="#d9622b", label="test")
    axis.set_yticks(place, [row.name for row in rows])
    axis.set_xlabel("accuracy")
    axis.legend(frameon=False, loc="lower right")
    made.savefig(path, dpi=110)


def run(quick: bool = False, picture: Path | None = None, data: str | None = None) -> dict[str, Any]:
    """Train the table's networks on CIFAR-10 and print it in Markdown; --quick: 500 images, three epochs."""
    count, held = (500, 100) if quick else (TRAINED, HELD)
    train, validation, test = load(data, count, held)
    print("| remedy | training | test | gap | seconds |\n|---|---|---|---|---|")
    rows = compare(train, validation, test, 3 if quick else EPOCHS)
    if picture is not None:
        draw(rows, picture)
    plain = rows[0].gap
    return {
        "images_to_train": count,
        "gap_of_the_plain_network": plain,
        "rows_with_a_smaller_gap": sum(row.gap < plain for row in rows[1:]),
    }


if __name__ == "__main__":
    main(
        run, "regularization", [("data", str, "CIFAR-10, as afina.datasets.cifar10.load_data(path) takes it")]
    )
