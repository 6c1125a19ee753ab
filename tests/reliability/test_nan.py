"""Planted NaN and infinities are found: layer, tensor, batch and count, each time."""

from __future__ import annotations

import numpy as np
import pytest

import afina
from afina import layers
from afina.callbacks import Callback, TerminateOnNaN

BATCHES, BATCH = 6, 8
PLACES = ("conv", "norm", "pool", "hidden", "drop", "scores")
WHEN = (0, 3, 7, 11)


class Plant(Callback):
    """Puts one bad number into a weight of `layer` before training batch `at`."""

    def __init__(self, layer: str, at: int, value: float) -> None:
        super().__init__()
        self.layer, self.at, self.value, self.seen = layer, at, value, 0

    def on_train_batch_begin(self, batch, logs=None):
        if self.seen == self.at:
            weight = self.model.get_layer(self.layer).weights[0]
            values = weight.numpy().copy()
            values.reshape(-1)[1] = self.value
            weight.assign(values)
        self.seen += 1


class Faulty(layers.Layer):
    """Passes its input on; from training call `at` on, one number of it is bad."""

    def __init__(self, at: int, value: float, **options) -> None:
        super().__init__(**options)
        self.at, self.value, self.calls = at, value, 0

    def call(self, inputs, training=False):
        self.calls += bool(training)
        if not training or self.calls <= self.at:
            return inputs
        bad = np.zeros(inputs.shape, "float32")
        bad.reshape(-1)[0] = self.value
        return inputs + afina.tensor(bad)


def net(faulty=None, behind=""):
    afina.utils.set_random_seed(1)
    stack = [
        layers.Conv2D(4, 3, activation="relu", name="conv", input_shape=(6, 6, 2)),
        layers.BatchNormalization(name="norm"),
        layers.MaxPooling2D(name="pool"),
        layers.Flatten(),
        layers.Dense(8, activation="tanh", name="hidden"),
        layers.Dropout(0.2, name="drop"),
        layers.Dense(3, name="scores"),
        layers.Softmax(),
    ]
    if faulty is not None:
        at = next(number for number, layer in enumerate(stack) if layer.name == behind)
        stack.insert(at + 1, faulty)
    model = afina.Sequential(stack)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def find(model, *callbacks, x=None, y=None, watch="loss"):
    rng = np.random.default_rng(0)
    images = rng.standard_normal((BATCHES * BATCH, 6, 6, 2)).astype("float32") if x is None else x
    classes = rng.integers(0, 3, len(images)) if y is None else y
    guard = TerminateOnNaN(watch)
    history = model.fit(
        images, classes, batch_size=BATCH, epochs=2, verbose=0, shuffle=False, callbacks=[*callbacks, guard]
    )
    return guard.finding, history


@pytest.mark.parametrize("at", WHEN)
@pytest.mark.parametrize("layer", ["conv", "norm", "hidden", "scores"])
def test_a_bad_weight_is_named_with_its_layer_and_batch(layer, at):
    finding, _ = find(net(), Plant(layer, at, np.nan))
    assert finding is not None
    assert (finding.layer, finding.epoch, finding.batch) == (layer, *divmod(at, BATCHES))
    assert finding.tensor.startswith("weight")
    assert finding.count == 1


@pytest.mark.parametrize("at", WHEN)
@pytest.mark.parametrize("behind", ["conv", "norm", "hidden", "drop", "scores"])
def test_a_layer_whose_output_goes_bad_is_named(behind, at):
    finding, history = find(net(Faulty(at, np.nan, name="culprit"), behind))
    assert finding is not None
    assert (finding.layer, finding.tensor) == ("culprit", "the output")
    assert (finding.epoch, finding.batch, finding.count) == (*divmod(at, BATCHES), 1)
    assert len(history.history["loss"]) == at // BATCHES + 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("sample", [0, 20, 47])
def test_a_bad_sample_is_named_as_the_input(sample, value):
    x = np.random.default_rng(0).standard_normal((BATCHES * BATCH, 6, 6, 2)).astype("float32")
    x[sample, 2, 3, 1] = value
    finding, _ = find(net(), x=x)
    assert finding is not None
    assert (finding.layer, finding.tensor, finding.batch, finding.count) == (
        None,
        "input 0",
        sample // BATCH,
        1,
    )


def test_the_weights_are_those_before_the_bad_batch():
    model = net(Faulty(4, np.nan, name="culprit"), "hidden")
    find(model)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_nothing_is_found_in_a_sound_run():
    finding, history = find(net(), watch="all")
    assert finding is None
    assert len(history.history["loss"]) == 2
