"""A normalization and the activation behind it run as one and give the numbers of the two."""

import contextlib

import numpy as np
import pytest

import afina
from afina import layers
from afina.layers.watching import watched_outputs
from afina.models.pairs import NormalizedActivation

CLOSINGS = {
    "ReLU": lambda: layers.ReLU(),
    "ReLU(6)": lambda: layers.ReLU(6.0),
    "Activation": lambda: layers.Activation("relu"),
    "Activation relu6": lambda: layers.Activation("relu6"),
}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 6, 6, 3)).astype("float32")
Y = RNG.integers(0, 4, 64)


def network(closing):
    afina.utils.set_random_seed(3)
    model = afina.Sequential(
        [
            layers.Conv2D(20, 3, use_bias=False, input_shape=(6, 6, 3)),
            layers.BatchNormalization(),
            closing(),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    loss = afina.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(afina.optimizers.SGD(0.5, momentum=0.9), loss)
    return model


def pairs(model):
    return [step[0] for step, _ in model._graph._plan if isinstance(step[0], NormalizedActivation)]


def trained(closing, apart):
    """Weights after some steps, and predictions; `apart` looks at the layers, so that they run one by one."""
    model = network(closing)
    seen = []
    looking = watched_outputs(model.layers, lambda layer, outputs: seen.append(layer.name))
    with looking if apart else contextlib.nullcontext():
        model.fit(X, Y, epochs=3, batch_size=16, verbose=0)
        prediction = model.predict(X, verbose=0)
    assert (model.layers[2].name in seen) == apart
    return [*model.get_weights(), prediction]


@pytest.mark.parametrize("name", CLOSINGS)
def test_together_they_train_as_the_two_apart(name):
    assert len(pairs(network(CLOSINGS[name]))) == 1
    together, apart = trained(CLOSINGS[name], False), trained(CLOSINGS[name], True)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5)


def test_together_the_activation_is_not_called():
    model = network(CLOSINGS["ReLU"])
    model.train_on_batch(X, Y)  # first calls take the long way
    called = []
    model.layers[2].__class__ = type("Told", (layers.ReLU,), {"call": lambda *_: called.append(1)})
    model.train_on_batch(X, Y)
    assert not called


def test_layers_stay_apart_when_something_else_reads_between_or_they_are_not_such_a_pair():
    x = layers.Input((5,))
    normal = layers.BatchNormalization()(x)
    y = layers.ReLU()(normal)
    assert len(pairs(afina.Model(x, y))) == 1
    assert not pairs(afina.Model(x, [y, normal]))
    assert not pairs(afina.Model(x, layers.Add()([y, normal])))
    assert not pairs(afina.Model(x, layers.ReLU(negative_slope=0.1)(normal)))
    assert not pairs(afina.Model(x, layers.ReLU(max_value=4.0)(normal)))
    assert not pairs(afina.Model(x, layers.Activation("tanh")(normal)))
    assert not pairs(afina.Model(x, layers.ReLU(activity_regularizer="l2")(normal)))
    assert not pairs(afina.Model(x, layers.ReLU()(layers.LayerNormalization()(x))))


def test_a_frozen_normalization_stays_frozen_in_a_pair():
    model = network(CLOSINGS["ReLU"])
    model.layers[1].trainable = False
    model.compile("sgd", afina.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [w.numpy().copy() for w in model.layers[1].weights]
    model.fit(X, Y, epochs=2, verbose=0)
    for weight, value in zip(model.layers[1].weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_an_error_in_a_pair_names_its_layer():
    model = network(CLOSINGS["ReLU"])
    model.train_on_batch(X, Y)
    dense = afina.Sequential([layers.BatchNormalization(input_shape=(4,)), layers.ReLU()])
    dense.compile("sgd", "mse")
    dense.train_on_batch(np.ones((3, 4)), np.ones((3, 4)))
    with pytest.raises(afina.errors.ShapeError, match=r"BatchNormalization.*more than one value per channel"):
        dense.train_on_batch(np.ones((1, 4)), np.ones((1, 4)))


def test_the_first_call_is_one_pass_already():
    x = layers.Input(shape=(64,))
    model = afina.Model(x, layers.ReLU(6.0)(layers.BatchNormalization()(layers.Dense(256)(x))))
    rows, peaks = afina.ones((4096, 64)), []
    for _ in range(2):
        before = afina.memory_stats()["in_use"]
        afina.reset_peak_memory()
        with afina.no_grad():
            model(rows)
        peaks.append(afina.memory_stats()["peak"] - before)
    assert peaks[0] == peaks[1]
