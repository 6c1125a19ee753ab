"""End to end or in steps: from two images of digits to their sum (deck D2).

The pipeline first reads each digit, which somebody has labelled, and then adds; the end-to-end network goes
from the two images to the sum and has only the sums to learn from. Both see the same pairs. With few pairs
the pipeline's knowledge that a sum is made of two digits is worth more than any training; with many the
end-to-end network finds most of it out by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, layers, utils
from .showing import figure, load_digits, main

PAIRS = (100, 300, 1000, 3000, 10_000, 30_000)
UPDATES = 3000  # of every network, however few its pairs


def network(inputs: int, classes: int) -> Any:
    """The same two hidden layers for both."""
    model = Sequential([layers.Dense(128, activation="relu", input_shape=(inputs,))])
    model.add(layers.Dense(128, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(model: Any, x: Any, y: Any, updates: int) -> Any:
    """The model after so many updates of 64."""
    batches = -(-len(x) // 64)
    model.fit(x, y, batch_size=64, epochs=-(-updates // batches), verbose=0)
    return model


def accuracies(count: int, train: Any, test: Any, updates: int) -> tuple[float, float]:
    """Shares of right sums of the test pairs: by the pipeline, and end to end."""
    utils.set_random_seed(0)
    (x, y), (pairs, sums) = train, test
    index = np.random.default_rng(count).integers(0, len(x), (count, 2))
    shown = np.unique(index)
    reader = fitted(network(64, 10), x[shown], y[shown], updates)
    left, right = (reader.predict(pairs[:, side], verbose=0).argmax(axis=1) for side in range(2))
    whole = fitted(network(128, 19), x[index].reshape(count, 128), y[index].sum(axis=1), updates)
    guessed = whole.predict(pairs.reshape(len(pairs), 128), verbose=0).argmax(axis=1)
    return float((left + right == sums).mean()), float((guessed == sums).mean())


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Sums right of 2,000 pairs of unseen digits, for growing numbers of pairs to learn from."""
    x, y, x_test, y_test = load_digits()
    x, x_test = (images.reshape(len(images), 64) for images in (x, x_test))
    index = np.random.default_rng(0).integers(0, len(x_test), (2000, 2))
    test = (x_test[index], y_test[index].sum(axis=1))
    counts = (PAIRS[0], PAIRS[-1]) if quick else PAIRS
    found = [accuracies(count, (x, y), test, 1500 if quick else UPDATES) for count in counts]
    steps, whole = (list(column) for column in zip(*found, strict=True))
    if picture is not None:
        made, axes = figure(1, size=(4.6, 3.2))
        axes[0, 0].plot(counts, steps, "o-", color="#1f5fa8", label="pipeline: read, then add")
        axes[0, 0].plot(counts, whole, "o-", color="#d9622b", label="end to end")
        axes[0, 0].set(xscale="log", xlabel="pairs to learn from", ylabel="right sums", ylim=(0, 1))
        axes[0, 0].legend(frameon=False, loc="lower right")
        made.savefig(picture, dpi=110)
    return {"pairs": list(counts), "pipeline": steps, "end_to_end": whole}


if __name__ == "__main__":
    main(run, "end_to_end")
