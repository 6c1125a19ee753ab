"""The networks of the training cases, written against Keras's API: `keras` is Keras itself or afina."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case, Timing
from .libraries.base import Runner
from .training import CHECKED_STEPS, kernels

# MobileNetV2: expansion, filters, repeats, stride of the first
INVERTED = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]
LSTM_UNITS = 128
TRANSFORMER = (256, 4, 4)  # width, heads, blocks
WEIGHT_DECAY = 0.01


def positions_layer(keras: Any) -> Any:
    """The class of a layer that adds a learned vector at each position."""

    class Positions(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=tuple(shape[1:]), initializer="zeros", name="table")

        def call(self, x: Any) -> Any:
            return x + self.table

    return Positions


class Network:
    """Builds one of the networks, remembering its layers in the order of their making."""

    def __init__(self, keras: Any, dropout: bool) -> None:
        self.keras, self.dropout = keras, dropout
        self.layers: list[Any] = []

    def add(self, kind: str, *arguments: Any, **named: Any) -> Any:
        layer = getattr(self.keras.layers, kind)(*arguments, **named)
        self.layers.append(layer)
        return layer

    def drop(self, x: Any, rate: float) -> Any:
        return self.add("Dropout", rate)(x) if self.dropout else x

    def conv_norm(
        self, x: Any, filters: int, kernel: int, stride: int = 1, activation: str | None = None
    ) -> Any:
        x = self.add("Conv2D", filters, kernel, strides=stride, padding="same", use_bias=False)(x)
        return self.normalized(x, activation)

    def normalized(self, x: Any, activation: str | None) -> Any:
        x = self.add("BatchNormalization")(x)
        return self.add("ReLU", 6.0 if activation == "relu6" else None)(x) if activation else x

    def mlp(self, x: Any, hidden: int) -> Any:
        x = self.add("Dense", hidden, activation="relu")(x)
        return self.add("Dense", 10)(x)

    def cnn(self, x: Any) -> Any:
        x = self.add("Conv2D", 32, 3, activation="relu")(x)
        x = self.add("Conv2D", 64, 3, activation="relu")(x)
        x = self.drop(self.add("MaxPooling2D", 2)(x), 0.25)
        x = self.add("Dense", 128, activation="relu")(self.add("Flatten")(x))
        return self.add("Dense", 10)(self.drop(x, 0.5))

    def resnet(self, x: Any, widths: list[int], blocks: int, classes: int) -> Any:
        for i, width in enumerate(widths):
            for j in range(blocks):
                stride = 2 if i and not j else 1
                y = self.conv_norm(x, width, 3, stride, "relu")
                y = self.conv_norm(y, width, 3)
                if stride != 1 or x.shape[-1] != width:
                    x = self.conv_norm(x, width, 1, stride)
                x = self.add("ReLU")(self.add("Add")([y, x]))
        return self.add("Dense", classes)(self.add("GlobalAveragePooling2D")(x))

    def mobilenet(self, x: Any, classes: int) -> Any:
        x = self.conv_norm(x, 32, 3, 2, "relu6")
        for expansion, filters, repeats, first in INVERTED:
            for i in range(repeats):
                stride, channels = (first if i == 0 else 1), x.shape[-1]
                y = self.conv_norm(x, channels * expansion, 1, 1, "relu6") if expansion != 1 else x
                y = self.add("DepthwiseConv2D", 3, strides=stride, padding="same", use_bias=False)(y)
                y = self.conv_norm(self.normalized(y, "relu6"), filters, 1)
                x = self.add("Add")([x, y]) if stride == 1 and channels == filters else y
        x = self.add("GlobalAveragePooling2D")(self.conv_norm(x, 1280, 1, 1, "relu6"))
        return self.add("Dense", classes)(self.drop(x, 0.2))

    def lstm(self, x: Any, classes: int) -> Any:
        x = self.add("LSTM", LSTM_UNITS, unit_forget_bias=False)(x)
        return self.add("Dense", classes)(x)

    def transformer(self, x: Any, classes: int) -> Any:
        d, heads, blocks = TRANSFORMER
        x = self.add("Embedding", classes, d)(x)
        positions = positions_layer(self.keras)()
        self.layers.append(positions)
        x = positions(x)
        for _ in range(blocks):
            y = self.add("LayerNormalization")(x)
            y = self.add("MultiHeadAttention", heads, d // heads)(y, y, use_causal_mask=True)
            x = self.add("Add")([x, y])
            y = self.add("Dense", 4 * d, activation="gelu")(self.add("LayerNormalization")(x))
            x = self.add("Add")([x, self.add("Dense", d)(y)])
        return self.add("Dense", classes)(self.add("LayerNormalization")(x))

    def output(self, name: str, x: Any, classes: int) -> Any:
        if name in ("lstm", "transformer"):
            return getattr(self, name)(x, classes)
        if name == "cnn":
            return self.cnn(x)
        if name == "resnet20":
            return self.resnet(self.conv_norm(x, 16, 3, 1, "relu"), [16, 32, 64], 3, classes)
        if name == "resnet18":
            x = self.add("MaxPooling2D", 3, strides=2, padding="same")(self.conv_norm(x, 64, 7, 2, "relu"))
            return self.resnet(x, [64, 128, 256, 512], 2, classes)
        if name == "mobilenetv2":
            return self.mobilenet(x, classes)
        return self.mlp(x, 32 if name == "tiny32" else 512)

    def compiled(self, case: Case) -> Any:
        """The model with its equal starting weights, loss on logits and optimizer."""
        keras = self.keras
        x = keras.Input(case.settings["shape"], dtype="int32" if case.name == "transformer" else None)
        model = keras.Model(x, self.output(case.name, x, case.settings["classes"]))
        weights = [w for layer in self.layers for w in layer.trainable_weights if len(w.shape) > 1]
        weights = [w for w in weights if not w.path.endswith("bias")]
        for weight, value in zip(weights, kernels([tuple(w.shape) for w in weights]), strict=True):
            weight.assign(value)
        optimizer = {
            "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
            "adam": lambda: keras.optimizers.Adam(0.0001),
            "adamw": lambda: keras.optimizers.AdamW(0.0001, weight_decay=WEIGHT_DECAY),
        }[case.settings["optimizer"]]()
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model


def keras_runner(keras: Any, case: Case, timing: Timing, as_float: Callable[[Any], float]) -> Runner:
    """A step by train_on_batch, or an epoch of fit; the checked losses are a twin's without dropout."""
    x, y = case.arrays()
    model = Network(keras, dropout=True).compiled(case)

    def results() -> list[Any]:
        twin = Network(keras, dropout=False).compiled(case)
        return [np.array([as_float(twin.train_on_batch(x, y)) for _ in range(CHECKED_STEPS)])]

    if timing.direction == "train_on_batch":
        return Runner(lambda: model.train_on_batch(x, y), results)
    steps = case.settings["fit_steps"]
    many = [np.concatenate([a] * steps) for a in (x, y)]
    return Runner(
        lambda: model.fit(*many, batch_size=len(x), epochs=1, verbose=0, shuffle=False),
        results,
        repeats=steps,
    )
