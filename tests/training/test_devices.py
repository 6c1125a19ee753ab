"""Training on a CUDA device (in most builds: on its simulator) takes the same steps as on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import afina
from afina import layers, models
from devices import DEVICES

STEPS = 10
MIXED_LAYOUTS = "ignore:.*reads its inputs as channels_last"  # as the listing has them


def mlp() -> models.Model:
    return models.Sequential(
        [
            layers.Dense(16, activation="relu", input_shape=(12,)),
            layers.Dropout(0.25),
            layers.Dense(4, activation="softmax"),
        ]
    )


def cnn() -> models.Model:
    return models.Sequential(
        [
            layers.Reshape((6, 2, 1), input_shape=(12,)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def listing_a2_7() -> models.Model:
    """The network of listing A2.7, on small images."""
    return models.Sequential(
        [
            layers.Conv2D(32, (3, 3), activation="relu", data_format="channels_first", input_shape=(1, 8, 8)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(4, activation="softmax"),
        ]
    )


def residual() -> models.Model:
    start = afina.Input((12,))
    x = layers.Reshape((6, 2, 1))(start)
    x = layers.Conv2D(4, 3, padding="same")(x)
    y = layers.Activation("relu")(layers.BatchNormalization()(x))
    y = layers.Conv2D(4, 3, padding="same")(y)
    x = layers.Activation("relu")(layers.add([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return models.Model(start, layers.Dense(4, activation="softmax")(x))


def recurrent() -> models.Model:
    return models.Sequential(
        [
            layers.Reshape((6, 2), input_shape=(12,)),
            layers.LSTM(5, return_sequences=True, recurrent_dropout=0.2),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)),
            layers.SimpleRNN(4),
            layers.Dense(4, activation="softmax"),
        ]
    )


def transformer() -> models.Model:
    """Not for Adam: the gradient of the key's bias is zero but for rounding, which Adam would scale up."""
    start = afina.Input((12,))
    x = layers.Reshape((6, 2))(start)
    x = layers.Dense(8)(x)
    y = layers.MultiHeadAttention(num_heads=2, key_dim=4, dropout=0.2)(x, x)
    x = layers.LayerNormalization()(layers.add([x, y]))
    x = layers.GlobalAveragePooling1D()(x)
    return models.Model(start, layers.Dense(4, activation="softmax")(x))


def trained(make: Callable[[], Any], device: str, optimizer: str) -> tuple[list[float], list[Any]]:
    """The losses of ten steps, and the weights after them."""
    rng = np.random.default_rng(0)
    afina.utils.set_random_seed(3)
    with afina.device(device):
        model = make()
        x = rng.standard_normal((16, *model.input_shape[1:])).astype("float32")
        y = rng.integers(0, 4, 16)
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
        losses = [model.train_on_batch(x, y) for _ in range(STEPS)]
        assert ("as 1 CUDA graph of" in model.how_steps_run()) == (device != "cpu")
    assert model.device == ("cpu" if device == "cpu" else "cuda:0")
    return losses, model.get_weights()


@pytest.mark.parametrize("device", DEVICES[1:])
@pytest.mark.parametrize(
    ("make", "optimizer"),
    [
        (mlp, "adam"),
        (cnn, "sgd"),
        pytest.param(listing_a2_7, "adadelta", marks=pytest.mark.filterwarnings(MIXED_LAYOUTS)),
        (residual, "rmsprop"),
        (recurrent, "adam"),
        (transformer, "sgd"),
    ],
)
def test_ten_steps_agree_with_those_on_the_host(make: Callable[[], Any], optimizer: str, device: str) -> None:
    here, there = trained(make, "cpu", optimizer), trained(make, device, optimizer)
    np.testing.assert_allclose(there[0], here[0], rtol=1e-4)
    for own, other in zip(here[1], there[1], strict=True):
        np.testing.assert_allclose(other, own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("device", DEVICES[1:])
def test_a_model_moved_to_a_device_trains_and_predicts_there(device: str) -> None:
    model = mlp()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.ones((8, 12), "float32"), np.zeros(8, "int64")
    before = model.predict(x)
    model.train_on_batch(x, y)
    model.to(device)
    model.fit(x, y, epochs=1, batch_size=4, verbose=0)
    assert model.predict(x).shape == before.shape
    assert {weight.device for weight in model.weights} == {model.device}
