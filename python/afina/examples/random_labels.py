"""A network learns random labels by heart (deck D0; Zhang et al. 2017): fitting is no proof of
understanding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, layers, optimizers, utils
from .showing import figure, load_digits, main


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """The same network on true and on random labels: both are fitted, one is understood."""
    x, y, x_test, y_test = load_digits()
    count = 300 if quick else 1000
    x, y = x[:count], y[:count]
    labels = {"true": y, "random": np.random.default_rng(0).integers(0, 10, count)}
    found: dict[str, Any] = {}
    histories = {}
    for name, given in labels.items():
        utils.set_random_seed(0)
        model = Sequential(
            [
                layers.Flatten(input_shape=(8, 8)),
                layers.Dense(512, "relu"),
                layers.Dense(512, "relu"),
                layers.Dense(10, "softmax"),
            ]
        )
        model.compile(optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        epochs = 60 if quick else 100
        histories[name] = model.fit(x, given, epochs=epochs, batch_size=50, verbose=0).history
        found[f"{name}_labels_training_accuracy"] = float(model.evaluate(x, given, verbose=0)[1])
        found[f"{name}_labels_test_accuracy"] = float(model.evaluate(x_test, y_test, verbose=0)[1])
    if picture is not None:
        made, axes = figure(1, size=(5, 3.4))
        for name, history in histories.items():
            axes[0, 0].plot(history["loss"], label=f"{name} labels")
        axes[0, 0].set(xlabel="epoch", ylabel="training cost", yscale="log")
        axes[0, 0].legend(frameon=False)
        made.savefig(picture, dpi=110)
    return found


if __name__ == "__main__":
    main(run, "random_labels")
