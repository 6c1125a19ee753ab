"""Labels from the data themselves (deck D4): a network learns that two views of one image belong together.

The pretext needs no label: each image is seen twice, shifted, lighter or darker, noisy, with holes; among all
views of a batch the other one of the same image is to be found (contrastive learning, Chen et al. 2020). What
the encoder has learned is then tested by a linear classifier on a few labelled images; the same classifier on
an untrained encoder is the comparison.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, gradients, layers, losses, ops, optimizers, tensor, utils
from .showing import figure, load_digits, main

LABELLED = 100
BATCH, TEMPERATURE = 128, 0.3


def view(images: Any, generator: np.random.Generator) -> Any:
    """Each image shifted by up to a pixel, 0.7 to 1.3 times as bright, with noise and holes."""
    shifts = generator.integers(-1, 2, (len(images), 2))
    moved = np.stack(
        [np.roll(image, tuple(shift), (0, 1)) for image, shift in zip(images, shifts, strict=True)]
    )
    moved = moved * generator.uniform(0.7, 1.3, (len(images), 1, 1, 1)) + 0.1 * generator.normal(
        size=images.shape
    )
    return (moved * (generator.random(images.shape) > 0.15)).astype("float32")


def contrast(z: Any) -> Any:
    """-log softmax over all other views of cos(z_i, z_j) / T at the view that shares i's image; z: (2n,
    k)."""
    rows = z.shape[0]
    unit = z / ops.sqrt(ops.sum(ops.square(z), axis=1, keepdims=True) + 1e-9)
    itself = tensor((-1e9 * np.eye(rows)).astype("float32"))
    alike = ops.matmul(unit, unit, transpose_b=True) * (1.0 / TEMPERATURE) + itself
    partner = np.roll(np.arange(rows), rows // 2)
    return losses.SparseCategoricalCrossentropy(from_logits=True)(partner, alike)


def encoder(shape: tuple[int, ...]) -> Any:
    """Two convolutions and a small vector of features."""
    return Sequential(
        [
            layers.Conv2D(16, 3, padding="same", activation="relu", input_shape=shape),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(32, "relu"),
        ]
    )


def pretrain(model: Any, images: Any, epochs: int) -> float:
    """Train `model` by contrast, without a label; the last cost."""
    head = Sequential([layers.Dense(32, input_shape=(32,))])  # thrown away afterwards
    weights = model.trainable_weights + head.trainable_weights
    optimizer, generator = optimizers.Adam(0.002), np.random.default_rng(0)
    cost = 0.0
    for _ in range(epochs):
        order = generator.permutation(len(images))
        for first in range(0, len(images) - BATCH + 1, BATCH):
            chosen = images[order[first : first + BATCH]]
            both = np.concatenate([view(chosen, generator), view(chosen, generator)])
            loss = contrast(head(model(both, training=True), training=True))
            optimizer.apply(gradients(loss, weights), weights)
            cost = loss.item()
    return cost


def probe(features: Any, labels: Any, held: Any, truth: Any) -> float:
    """Test accuracy of a linear classifier on frozen features."""
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    model = Sequential([layers.Dense(10, "softmax", input_shape=features.shape[1:], kernel_regularizer="l2")])
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit((features - mean) / deviation, labels, epochs=100, batch_size=20, verbose=0)
    return float(model.evaluate((held - mean) / deviation, truth, verbose=0)[1])


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Pretrain without labels, then classify with 100 labels."""
    utils.set_random_seed(0)
    x, y, x_test, y_test = load_digits()
    x, x_test = x[..., None], x_test[..., None]
    trained, untrained = encoder(x.shape[1:]), encoder(x.shape[1:])
    cost = pretrain(trained, x, 10 if quick else 60)
    accuracies = {}
    for name, model in (("untrained", untrained), ("pretrained", trained)):
        features, held = (model.predict(part, verbose=0) for part in (x[:LABELLED], x_test))
        accuracies[name] = probe(features, y[:LABELLED], held, y_test)
    if picture is not None:
        made, axes = figure(2, size=(4.2, 3.2))
        generator = np.random.default_rng(1)
        rows = [x[:5], view(x[:5], generator), view(x[:5], generator)]
        axes[0, 0].imshow(np.vstack([np.hstack(list(row[..., 0])) for row in rows]), cmap="gray")
        axes[0, 0].set_title("images and two views of each")
        axes[0, 0].set_axis_off()
        axes[0, 1].bar(list(accuracies), list(accuracies.values()), color=["#999999", "#1f5fa8"])
        axes[0, 1].set(ylabel=f"test accuracy, {LABELLED} labels", ylim=(0, 1))
        made.savefig(picture, dpi=110)
    return {
        "contrastive_cost": cost,
        "cost_of_guessing": float(np.log(2 * BATCH - 1)),
        "probe_on_the_pretrained_encoder": accuracies["pretrained"],
        "probe_on_an_untrained_encoder": accuracies["untrained"],
    }


if __name__ == "__main__":
    main(run, "self_supervised")
