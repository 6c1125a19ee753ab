"""Spoken digits: log-mel spectrograms, a small CNN, and what the split and SpecAugment change.

Run `python -m afina.examples.spoken_digits spoken_digits.npz [picture.png]` with the Free Spoken Digit
Dataset as one file (samples, offsets, digits, speakers). Three trainings: takes of known speakers held out at
random; whole speakers held out; the same with SpecAugment. What is asserted is what holds: a random split
promises more than unseen speakers give, and hidden bands keep the net from learning its training set by
heart. Whether that helps unseen speakers is printed, not claimed: with four speakers to learn from it did not
here.
"""

from __future__ import annotations

import itertools
import os
import sys
from typing import Any

import numpy as np

import afina
from afina import layers, models, optimizers
from afina.data import random_split
from afina.data.preprocessing import audio
from afina.utils.optional import import_optional

RATE, SAMPLES, MELS = 8000, 6400, 40
TEST_SPEAKERS = ("theo", "yweweler")  # looked at once, after everything else was chosen on the others


def spectrograms(waves: list[Any]) -> Any:
    """(n, frames, mels, 1): 35 dB of each recording, mean 0 and deviation 1."""
    fixed = np.stack([audio.fix_length(wave, SAMPLES) for wave in waves])
    power = audio.mel_spectrogram(fixed, RATE, 256, 128, mels=MELS, decibels=False)
    x = audio.power_to_db(power, top=35.0).astype("float32")[..., None]
    return (x - x.mean((1, 2, 3), keepdims=True)) / np.maximum(x.std((1, 2, 3), keepdims=True), 1e-6)


def network(shape: tuple[int, ...], masked: bool) -> Any:
    """Three convolutions; `masked` puts SpecAugment in front."""
    afina.utils.set_random_seed(1)
    model = models.Sequential([layers.Input(shape=shape)])
    if masked:
        model.add(layers.SpecAugment(frequency_mask=8, time_mask=12, time_warp=4, seed=1))
    for filters in (16, 32, 48):
        model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def compare(x: Any, digits: Any, speakers: Any, epochs: int) -> dict[str, dict[str, float]]:
    """Training loss and accuracies of the three trainings."""
    unseen = np.isin(speakers, TEST_SPEAKERS)
    by_speaker = (np.flatnonzero(~unseen), np.flatnonzero(unseen))
    at_random = random_split(len(x), (len(by_speaker[0]), len(by_speaker[1])), seed=1)
    found = {}
    for name, (train, test), masked in (
        ("random split", at_random, False),
        ("by speaker", by_speaker, False),
        ("by speaker, SpecAugment", by_speaker, True),
    ):
        model = network(x.shape[1:], masked)
        history = model.fit(x[train], digits[train], epochs=epochs, batch_size=64, verbose=0).history
        found[name] = {
            "fit loss": history["loss"][-1],
            "train": model.evaluate(x[train], digits[train], verbose=0)[1],
            "test": model.evaluate(x[test], digits[test], verbose=0)[1],
        }
        print(f"{name:26}", "  ".join(f"{key} {value:.3f}" for key, value in found[name].items()))
    return found


def draw(found: dict[str, dict[str, float]], path: str | os.PathLike[str]) -> None:
    """Bars of training and test accuracy."""
    figure = import_optional("matplotlib.figure", "drawing the bars").Figure((7, 3.5), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(found))
    for shift, part in ((-0.2, "train"), (0.2, "test")):
        axes.bar(place + shift, [row[part] for row in found.values()], 0.4, label=part)
    axes.set_xticks(place, list(found))
    axes.set_ylabel("accuracy")
    axes.legend(loc="lower right")
    figure.savefig(path)


def main(data: Any, picture: Any = "spoken_digits.png", *, epochs: int = 14) -> Any:
    """The table, as printed; the picture is written."""
    samples, offsets = data["samples"] / np.float32(32768), data["offsets"]
    x = spectrograms([samples[a:b] for a, b in itertools.pairwise(offsets)])
    found = compare(x, data["digits"].astype("int32"), data["speakers"], epochs)
    draw(found, picture)
    plain, masked = found["by speaker"], found["by speaker, SpecAugment"]
    assert found["random split"]["test"] > plain["test"], "a random split did not promise more"
    assert masked["fit loss"] > plain["fit loss"], "masks did not make the training set harder to learn"
    return found


if __name__ == "__main__":
    main(np.load(sys.argv[1]), *[str(path) for path in sys.argv[2:3]])
