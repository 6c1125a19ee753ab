"""A generative adversarial network (deck D1's example 8.5; Goodfellow et al. 2014): a forger against an
expert.

The discriminator is compiled while it is trainable, then frozen, then put behind the generator: its own
`train_on_batch` still moves its weights, a step of the whole moves the generator's alone. What trains is
decided when a model is compiled.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Model, layers, optimizers, utils
from .showing import figure, load_digits, main

LATENT, BATCH = 16, 32


def make_generator(shape: tuple[int, ...]) -> Any:
    """Noise to an image, through a transposed convolution."""
    height, width, channels = shape
    point = layers.Input(shape=(LATENT,))
    x = layers.LeakyReLU()(layers.Dense(64 * (height // 2) * (width // 2))(point))
    x = layers.Reshape((height // 2, width // 2, 64))(x)
    x = layers.LeakyReLU()(layers.Conv2D(64, 5, padding="same")(x))
    x = layers.LeakyReLU()(layers.Conv2DTranspose(64, 4, strides=2, padding="same")(x))
    x = layers.LeakyReLU()(layers.Conv2D(64, 5, padding="same")(x))
    return Model(point, layers.Conv2D(channels, 7, activation="tanh", padding="same")(x))


def make_discriminator(shape: tuple[int, ...]) -> Any:
    """An image to the probability that it is forged, compiled."""
    image = layers.Input(shape=shape)
    x = layers.LeakyReLU()(layers.Conv2D(64, 3, padding="same")(image))
    x = layers.LeakyReLU()(layers.Conv2D(64, 4, strides=2)(x))
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    model = Model(image, layers.Dense(1, activation="sigmoid")(x))
    optimizer = optimizers.RMSprop(lr=0.0008, clipvalue=1.0, decay=1e-8)
    model.compile(optimizer=optimizer, loss="binary_crossentropy")
    return model


def networks(shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Generator, discriminator, and the generator with the frozen discriminator behind it."""
    generator, discriminator = make_generator(shape), make_discriminator(shape)
    discriminator.trainable = False
    point = layers.Input(shape=(LATENT,))
    whole = Model(point, discriminator(generator(point)))
    optimizer = optimizers.RMSprop(lr=0.0004, clipvalue=1.0, decay=1e-8)
    whole.compile(optimizer=optimizer, loss="binary_crossentropy")
    return generator, discriminator, whole


def train(parts: tuple[Any, Any, Any], images: Any, steps: int) -> list[tuple[float, float]]:
    """Steps of the expert and of the forger in turn; their costs."""
    generator, discriminator, whole = parts
    numbers = np.random.default_rng(0)
    costs = []
    for _ in range(steps):
        forged = generator.predict_on_batch(numbers.normal(size=(BATCH, LATENT)).astype("float32"))
        real = images[numbers.integers(0, len(images), BATCH)]
        labels = np.concatenate([np.ones((BATCH, 1)), np.zeros((BATCH, 1))])
        labels += 0.05 * numbers.random(labels.shape)  # noise on the labels: an important trick
        labels = np.clip(labels, 0.0, 1.0)
        expert = discriminator.train_on_batch(np.concatenate([forged, real]), labels)
        noise = numbers.normal(size=(BATCH, LATENT)).astype("float32")
        forger = whole.train_on_batch(noise, np.zeros((BATCH, 1)))  # it claims: all of these are real
        costs.append((float(expert), float(forger)))
    return costs


def distance(a: Any, b: Any) -> float:
    """How far the images of `a` are from their nearest in `b`: the mean root of the squared difference."""
    flat, others = a.reshape(len(a), -1), b.reshape(len(b), -1)
    squares = (flat**2).sum(1)[:, None] - 2 * flat @ others.T + (others**2).sum(1)[None]
    return float(np.sqrt(np.maximum(squares.min(axis=1), 0) / flat.shape[1]).mean())


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Train both on one class of digits and look at the forgeries."""
    utils.set_random_seed(0)
    x, y, _, _ = load_digits()
    images = (x[y == 3][..., None] * 2.0 - 1.0).astype("float32")
    parts = networks(images.shape[1:])
    noise = np.random.default_rng(1).normal(size=(64, LATENT)).astype("float32")
    before = parts[0].predict(noise, verbose=0)
    costs = train(parts, images, 60 if quick else 800)
    after = parts[0].predict(noise, verbose=0)
    if picture is not None:
        made, axes = figure(3, size=(3.6, 3.4))
        for axis, part, title in ((axes[0, 0], images, "real"), (axes[0, 1], after, "forged")):
            rows = [np.hstack(list(part[8 * row : 8 * row + 8, ..., 0])) for row in range(4)]
            axis.imshow(np.vstack(rows), cmap="gray")
            axis.set_title(title)
            axis.set_axis_off()
        axes[0, 2].plot([expert for expert, _ in costs], color="#999999", label="expert")
        axes[0, 2].plot([forger for _, forger in costs], color="#1f5fa8", label="forger", alpha=0.7)
        axes[0, 2].set(xlabel="step", ylabel="cost")
        axes[0, 2].legend(frameon=False)
        made.savefig(picture, dpi=110)
    return {
        "distance_from_real_images_before": distance(before, images),
        "distance_from_real_images_after": distance(after, images),
        "spread_of_the_forgeries": float(after.std(axis=0).mean()),
        "expert_cost": costs[-1][0],
        "forger_cost": costs[-1][1],
    }


if __name__ == "__main__":
    main(run, "adversarial_network")
