"""A small model with every layer type, and a short training of it down to one hash."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import afina
from afina import Model, layers, optimizers

sys.path.insert(0, str(Path(__file__).parent))

from op_calls import digest


def every_layer() -> Any:
    """Images, rows and words in; two outputs. tests below check that no layer of the library is missing."""
    images = afina.Input((12, 12, 4), name="images")
    rows = afina.Input((6,), name="rows")
    words = afina.Input((5,), dtype="int32", name="words")

    x = layers.Rescaling(0.5, 0.1)(images)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", kernel_regularizer="l2")(x)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3, activation="tanh")(x)
    x = layers.SpatialDropout2D(0.2)(x)
    x = layers.SeparableConv2D(8, 3, padding="same", activation="gelu")(x)
    x = layers.GroupNormalization(2)(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.InstanceNormalization()(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Cropping2D(1)(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Permute((2, 1, 3))(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    largest, mean = layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)
    flat = layers.Flatten()(layers.Reshape((-1, 4))(x))

    r = layers.GaussianNoise(0.1)(rows)
    r = layers.Dense(8, kernel_initializer="he_normal", kernel_constraint="max_norm")(r)
    r = layers.LayerNormalization()(layers.LeakyReLU()(r))
    r = layers.ELU()(layers.ReLU(6.0)(layers.Activation("softplus")(r)))
    r = layers.GaussianDropout(0.1)(layers.ActivityRegularization(l2=0.01)(r))
    r = layers.Lambda(lambda t: t * 1.5)(layers.UnitNormalization()(r))

    w = layers.Flatten()(layers.Embedding(11, 4)(words))
    w = layers.Dense(8)(w)
    w = layers.Flatten()(layers.RepeatVector(2)(w))[:, :8]

    hidden = layers.Embedding(11, 4, mask_zero=True)(words)
    s = layers.LSTM(4, return_sequences=True, dropout=0.1, recurrent_dropout=0.1)(hidden)
    steps = layers.Masking()(layers.Reshape((2, 3))(rows))
    s = layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)])(s)
    cells = [layers.GRUCell(2), layers.SimpleRNNCell(2)]
    steps = layers.Bidirectional(layers.RNN(cells, return_sequences=True))(steps)
    steps = layers.GRU(3, return_sequences=True)(layers.TimeDistributed(layers.Dense(3))(steps))
    s = layers.Concatenate()([s, layers.LSTM(2, go_backwards=True)(steps), layers.SimpleRNN(2)(steps)])

    merged = [
        kind()([r, w])
        for kind in (
            *(layers.Add, layers.Subtract, layers.Multiply, layers.Average),
            *(layers.Maximum, layers.Minimum, layers.Concatenate),
        )
    ]
    together = layers.Concatenate()([largest, mean, flat, s, layers.Dot(1)([r, w]), *merged])
    together = layers.Dropout(0.3)(together)
    together = layers.Dense(16, activation="selu")(together)
    classes = layers.Softmax(name="classes")(layers.Dense(3)(together))
    value = layers.Dense(1, name="value")(together + 0.5)
    return Model([images, rows, words], [classes, value])


def data(count: int = 24) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(5)
    inputs = [
        rng.standard_normal((count, 12, 12, 4)).astype("float32"),
        rng.standard_normal((count, 6)).astype("float32"),
        rng.integers(0, 11, (count, 5)).astype("int32"),
    ]
    return inputs, [rng.integers(0, 3, count), rng.standard_normal((count, 1)).astype("float32")]


def trained(epochs: int = 2) -> str:
    """One hash of all weights, slots, the history and the predictions after a short training."""
    afina.utils.set_random_seed(3)
    model = every_layer()
    model.compile(
        optimizers.Adam(0.01, clipnorm=1.0),
        ["sparse_categorical_crossentropy", "mse"],
        metrics=[["accuracy"], ["mae"]],
    )
    x, y = data()
    history = model.fit(x, y, batch_size=8, epochs=epochs, verbose=0)
    parts = [np.asarray(weight).tobytes() for weight in model.get_weights()]
    parts += [slot.numpy().tobytes() for values in model.optimizer.slots.values() for slot in values]
    parts += [repr(sorted(history.history.items())).encode()]
    parts += [np.asarray(found).tobytes() for found in model.predict(x, verbose=0)]
    return digest(parts)


if __name__ == "__main__":
    print(trained())
