"""The convolutional networks that `afina train` builds."""

from __future__ import annotations

from typing import Any


def build(dataset: str, input_shape: tuple[int, int, int], classes: int) -> Any:
    """The network for images of `input_shape` (height, width, channels)."""
    return photos(input_shape, classes) if dataset == "cifar10" else strokes(input_shape, classes)


def strokes(input_shape: tuple[int, int, int], classes: int) -> Any:
    """For small grey images: two convolutions, one pooling, one hidden layer."""
    from .. import layers, models

    return models.Sequential(
        [
            layers.Input(shape=input_shape),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def photos(input_shape: tuple[int, int, int], classes: int) -> Any:
    """For colour photos: three blocks of two convolutions with batch normalization (VGG's pattern)."""
    from .. import layers, models

    model = models.Sequential([layers.Input(shape=input_shape)])
    for filters, rate in ((32, 0.2), (64, 0.3), (128, 0.4)):
        for _ in range(2):
            model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.Activation("relu"))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Dropout(rate))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(classes, activation="softmax"))
    return model
