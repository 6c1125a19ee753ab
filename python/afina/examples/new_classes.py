"""Our own pretraining: from the first five classes of CIFAR-10 to the other five (deck D0, D2).

A small network learns airplane to deer; then 50 labelled images of each of dog to truck are what there is.
Its features with a linear SVM, minimum, partial and total transfer stand beside training from scratch, on
all 5,000 test images of the five new classes:

    python -m afina.examples.new_classes [--data cifar10.npz]

Test accuracy in per cent as measured (two minutes of one core of an EPYC; 79.6 on the source classes):
features 71.5, total 74.3, partial 73.5, minimum 70.0, scratch 64.7 at its end and 68.4 at its best epoch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, layers, optimizers, schedules, transfer, utils
from ..datasets import cifar10
from ..diagnose import confusion_matrix
from ..transfer import Stage, head_then_middle
from .showing import figure, main

SOURCE, TARGET = range(5), range(5, 10)
PRETRAINING, PER_CLASS = 2000, 50  # images of each class
BATCH = 64
START = "conv4"  # where the partial mode begins
STAGES = {
    "total": head_then_middle("all", (10, 20), (1e-2, 3e-4)),
    "partial": head_then_middle(START, (10, 20), (1e-2, 1e-3)),
    "minimum": [Stage(30, 1e-2)],
    "scratch": [Stage(40, 1e-3)],
}
QUICK = {mode: [Stage(2, stages[-1].learning_rate, stages[-1].train)] for mode, stages in STAGES.items()}


def network() -> Any:
    """Five convolutions with normalizations, a third of a million parameters."""
    model = Sequential([layers.Input(shape=(32, 32, 3)), layers.Rescaling(1 / 127.5, -1.0)])
    for number, filters in enumerate((32, 48, 64, 96, 128), 1):
        model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{number}"))
        model.add(layers.BatchNormalization(momentum=0.9, name=f"norm{number}"))
        model.add(layers.ReLU(name=f"relu{number}"))
        if number in (1, 3, 4):
            model.add(layers.MaxPooling2D(2, name=f"pool{number}"))
    model.add(layers.GlobalAveragePooling2D(name="average"))
    model.add(layers.Dense(len(SOURCE), activation="softmax", name="head"))
    return model


def of_classes(
    images: Any, labels: Any, classes: range, most: int | None = None, seed: int = 0
) -> tuple[Any, Any]:
    """Images of `classes`, `most` of each, in random order, and their class numbers counted from 0."""
    rng = np.random.default_rng(seed)
    flat = labels.reshape(-1)
    rows = np.concatenate([rng.permutation(np.flatnonzero(flat == c))[:most] for c in classes])
    rows = rng.permutation(rows)
    return images[rows].astype("float32"), flat[rows].astype(np.int64) - classes[0]


def pretrain(images: Any, labels: Any, epochs: int) -> Any:
    """The network after learning the source classes."""
    utils.set_random_seed(0)
    model = network()
    rate = schedules.CosineDecay(2e-3, epochs * -(-len(images) // BATCH))
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, epochs=epochs, batch_size=BATCH, verbose=0)
    return model


def run(quick: bool = False, picture: Path | None = None, data: Path | None = None) -> dict[str, Any]:
    """Pretrain on five classes, transfer to the other five by every way, draw the table."""
    (x, y), (x_test, y_test) = cifar10.load_data(data)
    most, epochs = (100, 2) if quick else (PRETRAINING, 8)
    source = of_classes(x, y, SOURCE, most)
    model = pretrain(source[0], source[1], epochs)
    held = of_classes(x_test, y_test, SOURCE, 100 if quick else None)
    target = of_classes(x, y, TARGET, 20 if quick else PER_CLASS)
    test = of_classes(x_test, y_test, TARGET, 100 if quick else None)
    found = transfer.compare_modes(
        model,
        *target,
        validation_data=test,
        modes=transfer.EVERY,
        stages=QUICK if quick else STAGES,
        start=START,
        validation_freq=1 if quick else 5,
    )
    counts = confusion_matrix(test[1], found.best.predicted, len(TARGET))
    if picture is not None:
        made, axes = figure(3, size=(4.4, 3.6))
        found.draw(*axes[0, :2])
        names = [cifar10.CLASSES[c] for c in TARGET]
        axes[0, 2].imshow(counts, cmap="Blues")
        axes[0, 2].set(xlabel="predicted", ylabel="true", title=found.best.mode)
        axes[0, 2].set_xticks(range(len(names)), names, rotation=45)
        axes[0, 2].set_yticks(range(len(names)), names)
        made.savefig(picture, dpi=110)
    return {
        "source_test_accuracy": float(model.evaluate(*held, verbose=0)[1]),
        "similarity_of_the_new_classes": transfer.similarity(model, target[0]),
        "table": f"\n{found}",
        "best": found.best.mode,
        "confusion_of_the_best": counts.tolist(),
        **{f"{row.mode}_accuracy": row.evaluation for row in found.rows},
    }


if __name__ == "__main__":
    main(run, "new_classes", [("data", Path, "cifar10.npz, or a folder with the batches")])
