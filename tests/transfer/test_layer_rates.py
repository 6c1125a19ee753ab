"""Rates of their own for layers: exact multiples of the update, and Singh's formula (K4)."""

import numpy as np
import pytest

from afina import Sequential, gradients, layers, losses, models, tensor
from afina.errors import ArgumentError
from afina.optimizers import SGD, Adam
from afina.transfer import AdaptiveLayerRates, Multipliers


def network():
    model = Sequential(
        [layers.Dense(5, "tanh", input_shape=(4,), name="first"), layers.Dense(3, name="second")]
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def step(optimizer):
    """The changes of the four weights by one update, and their gradients."""
    model = network()
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 4)).astype("float32"), rng.normal(size=(6, 3)).astype("float32")
    before = model.get_weights()
    loss = losses.MeanSquaredError()(y, model(x))
    found = gradients(loss, model.trainable_weights)
    copies = [g.numpy().copy() for g in found]
    optimizer.apply(found, model.trainable_weights)
    after = model.get_weights()
    return before, after, copies


def test_a_multiplier_of_a_tenth_makes_a_tenth_of_the_update_and_of_zero_none():
    before, after, found = step(SGD(0.5, layer_rates=Multipliers({"first": 0.125})))
    for i, factor in enumerate((0.125, 0.125, 1, 1)):
        np.testing.assert_array_equal(after[i], before[i] - np.float32(0.5 * factor) * found[i])
    before, after, _ = step(SGD(0.5, momentum=0.9, weight_decay=0.1, layer_rates=Multipliers({"f*": 0})))
    assert [np.array_equal(a, b) for a, b in zip(after, before, strict=True)] == [True, True, False, False]


def test_an_exact_tenth_of_the_plain_update():
    before, plain, _ = step(SGD(1.0))
    _, slow, _ = step(SGD(1.0, layer_rates=Multipliers({}, default=0.1)))
    for b, p, s in zip(before, plain, slow, strict=True):
        np.testing.assert_allclose(s - b, 0.1 * (p - b), rtol=1e-4, atol=1e-7)


def test_singhs_rate_is_its_formula():
    before, after, found = step(SGD(0.01, layer_rates=AdaptiveLayerRates()))
    for pair in ((0, 1), (2, 3)):
        norm = np.sqrt(sum((found[i].astype("float64") ** 2).sum() for i in pair))
        for i in pair:
            rate = 0.01 * (1 + np.log(1 + 1 / norm))
            np.testing.assert_allclose(after[i], before[i] - rate * found[i], rtol=1e-5, atol=1e-7)


def test_a_layer_without_a_gradient_is_not_divided_by_zero():
    parameters = network().trainable_weights
    zeros = [np.zeros(w.shape, "float32") for w in parameters]
    assert AdaptiveLayerRates(most=3).factors(parameters, [tensor(z) for z in zeros]) == [3.0] * 4


def test_rates_work_with_every_optimizer_and_are_saved_with_the_model(tmp_path):
    model = network()
    model.compile(Adam(1e-2, layer_rates=Multipliers({"first": 0.0})), "mse")
    x, y = np.ones((4, 4), "float32"), np.ones((4, 3), "float32")
    before = model.get_weights()
    model.fit(x, y, epochs=2, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False, False, True, True]
    model.save(tmp_path / "model.afina")
    again = models.load_model(tmp_path / "model.afina")
    assert again.optimizer.layer_rates.rates == {"first": 0.0}
    assert "first x 0" in again.describe_training()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Multipliers({"a": -1.0}), "factor of 'a'"),
        (lambda: Multipliers({"a": float("nan")}), "factor of 'a'"),
        (lambda: Multipliers([0.1]), "factors by layer name"),
        (lambda: Multipliers({}, default="slow"), "factor of 'default'"),
        (lambda: AdaptiveLayerRates(most=0.5), "most"),
        (lambda: SGD(layer_rates={"a": 0.1}), "layer_rates must be"),
    ],
)
def test_wrong_rates_are_refused_by_name(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
