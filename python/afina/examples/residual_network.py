"""A residual network of 20 layers (He et al. 2015) on CIFAR-10, in a few epochs.

Three stages of 16, 32 and 64 channels, three blocks each; momentum 0.9 with a learning rate that climbs to
0.4 for a fifth of the time and falls on a cosine; images mirrored and shifted by up to four pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import Model, layers, losses, optimizers, regularizers, utils
from ..datasets import cifar10
from ..schedules import CosineDecay
from .showing import figure, main

STAGES, BLOCKS = (16, 32, 64), 3
EPOCHS, BATCH, RATE = 5, 128, 0.4
SHIFT = 4  # pixels


def network(classes: int = 10) -> Model:
    """Images (n, 32, 32, 3) in [0, 1] to logits; mirrored and shifted in training."""
    images = layers.Input(shape=(32, 32, 3))
    x = layers.RandomFlip("horizontal")(images)
    x = layers.RandomCrop(32, 32)(layers.ZeroPadding2D(SHIFT)(x))
    x = _conv(x, STAGES[0], activation=True)
    for stage, channels in enumerate(STAGES):
        for block in range(BLOCKS):
            strides = 2 if stage and not block else 1
            y = _conv(_conv(x, channels, strides=strides, activation=True), channels)
            if strides > 1:
                x = _conv(x, channels, size=1, strides=strides)
            x = layers.ReLU()(layers.Add()([x, y]))
    return Model(images, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def _conv(x: Any, channels: int, *, size: int = 3, strides: int = 1, activation: bool = False) -> Any:
    """Convolution and batch normalization, with or without the ReLU."""
    x = layers.Conv2D(
        channels, size, strides, "same", use_bias=False, kernel_initializer="he_normal",
        kernel_regularizer=regularizers.L2(1e-4),
    )(x)  # fmt: skip
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if activation else x


def train(data: Any, test: Any, epochs: int = EPOCHS, verbose: Any = "auto") -> tuple[Model, Any]:
    """The trained network and its history; data and test are (images in [0, 1], labels)."""
    utils.set_random_seed(0)
    model = network()
    steps = epochs * -(-len(data[0]) // BATCH)
    warm = max(1, steps // 5)
    rate = CosineDecay(0.0, max(1, steps - warm), warmup_target=RATE, warmup_steps=warm)
    model.compile(
        optimizers.SGD(rate, momentum=0.9, nesterov=True),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    x, y = data
    history = model.fit(x, y, batch_size=BATCH, epochs=epochs, validation_data=test, verbose=verbose)
    return model, history


def draw(history: Any, path: Path) -> None:
    """Loss and accuracy of each epoch."""
    made, axes = figure(2)
    for axis, name in zip(axes[0], ("loss", "accuracy"), strict=True):
        for key, label in ((name, "training"), (f"val_{name}", "test")):
            values = history.history[key]
            axis.plot(range(1, len(values) + 1), values, marker=".", label=label)
        axis.set_xlabel("epoch")
        axis.set_ylabel(name)
    axes[0, 0].legend(frameon=False)
    made.savefig(path, dpi=110)


def run(quick: bool = False, picture: Path | None = None, data: str | None = None) -> dict[str, Any]:
    """Train ResNet-20 on CIFAR-10; --quick: 1,000 images, two epochs."""
    parts = cifar10.load_data(data)
    count = 1000 if quick else None
    trained, tested = [
        (images[:count].astype("float32") / cifar10.MAXIMUM, labels[:count, 0].astype("int32"))
        for images, labels in parts
    ]
    model, history = train(trained, tested, 2 if quick else EPOCHS)
    if picture is not None:
        draw(history, picture)
    return {
        "weights": model.count_params(),
        "training_accuracy": history.history["accuracy"][-1],
        "test_accuracy": history.history["val_accuracy"][-1],
    }


if __name__ == "__main__":
    taken = "CIFAR-10, as afina.datasets.cifar10.load_data(path) takes it"
    main(run, "residual_network", [("data", str, taken)])
