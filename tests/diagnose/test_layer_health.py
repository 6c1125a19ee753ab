"""Gradients and activations of layers are measured right, and their illnesses are named."""

import json

import numpy as np
import pytest

import afina
from afina import diagnose, layers
from afina.errors import ArgumentError, NotBuiltError


def chain(count, units, activation, initializer, inputs=None):
    model = afina.Sequential([layers.Input(shape=(inputs or units,))])
    for n in range(count):
        model.add(layers.Dense(units, activation, kernel_initializer=initializer, name=f"hidden_{n}"))
    return model


def with_head(model):
    model.add(layers.Dense(1, name="head"))
    model.compile("sgd", "mse")
    return model


def batch(units, rows=64):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, units)).astype("float32"), rng.normal(size=(rows, 1)).astype("float32")


def test_a_sigmoid_chain_loses_its_gradient_and_a_relu_chain_keeps_it():  # G3
    afina.utils.set_random_seed(0)
    x, y = batch(64)
    found = {}
    for activation, initializer in (("sigmoid", "glorot_uniform"), ("relu", "he_normal")):
        model = with_head(chain(20, 64, activation, initializer))
        health = diagnose.layer_health(model, x, y)[:-1]
        found[activation] = diagnose.gradient_ratio(health)
    assert found["sigmoid"] < 1e-6
    assert 1e-2 < found["relu"] < 1e2
    slopes = [0.25**depth for depth in (3, 10)]
    assert slopes == [0.015625, pytest.approx(9.5e-7, rel=0.01)]


def test_the_product_of_sigmoid_slopes_is_at_most_a_quarter_to_the_depth():  # G3
    for depth in (1, 3, 10):
        x = afina.tensor(np.zeros(1), requires_grad=True)
        y = x
        for _ in range(depth):
            y = afina.ops.sigmoid(y) - 0.5  # so that each next one is at 0, the best case
        (slope,) = afina.gradients(y.sum(), [x])
        assert slope.item() == pytest.approx(0.25**depth, rel=1e-12)


def reference_norms(model, x, y):
    """Per-layer gradient norms of mean((tanh chain) - y)^2 by hand, in float64."""
    weights = [w.astype("float64") for w in model.get_weights()]
    kernels, biases = weights[0::2], weights[1::2]
    a = [x.astype("float64")]
    for k, b in zip(kernels[:-1], biases[:-1], strict=True):
        a.append(np.tanh(a[-1] @ k + b))
    out = a[-1] @ kernels[-1] + biases[-1]
    d = 2 * (out - y) / y.size
    norms = []
    for n in reversed(range(len(kernels))):
        norms.append(np.sqrt(np.sum((a[n].T @ d) ** 2) + np.sum(d.sum(0) ** 2)))
        if n:
            d = (d @ kernels[n].T) * (1 - a[n] ** 2)
    return norms[::-1]


def test_logged_gradient_norms_are_those_of_backpropagation_by_hand(tmp_path):  # G5
    x, y = batch(12)
    model = with_head(chain(3, 12, "tanh", "glorot_uniform"))
    wanted = reference_norms(model, x, y)
    log = diagnose.HealthLog(tmp_path / "health.jsonl")
    model.fit(x, y, batch_size=64, epochs=1, shuffle=False, verbose=0, callbacks=[log])
    logged = [one["gradient"] for one in log.records[0]["layers"]]
    np.testing.assert_allclose(logged, wanted, rtol=1e-5)
    row = json.loads((tmp_path / "health.jsonl").read_text())
    assert row == log.records[0]
    assert (row["epoch"], row["step"]) == (0, 0)
    assert row["learning_rate"] == pytest.approx(0.01)


def test_looking_changes_nothing(tmp_path):
    x, y = batch(12)

    def trained(*callbacks):
        afina.utils.set_random_seed(1)
        model = afina.Sequential(
            [
                layers.Dense(8, input_shape=(12,)),
                layers.BatchNormalization(),
                layers.Dropout(0.5),
                layers.Dense(1),
            ]
        )
        model.compile("adam", "mse")
        diagnose.layer_health(model, x, y)
        diagnose.layer_health(model, x)
        model.fit(x, y, epochs=3, verbose=0, callbacks=list(callbacks))
        return model.get_weights()

    for one, other in zip(trained(), trained(diagnose.HealthLog(every=1)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_log_comes_every_so_many_updates_and_continues_after_a_stop(tmp_path):
    x, y = batch(6)

    def train(path, epochs, folder):
        afina.utils.set_random_seed(2)
        model = with_head(chain(1, 6, "relu", "he_normal"))
        log = diagnose.HealthLog(path, every=3)
        model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, callbacks=[log], resume=folder)
        return log

    straight = train(tmp_path / "a.jsonl", 4, tmp_path / "a")
    assert [record["step"] for record in straight.records] == [0, 3, 6, 9, 12, 15]
    train(tmp_path / "b.jsonl", 2, tmp_path / "b")
    with (tmp_path / "b.jsonl").open("a") as file:  # of an epoch that no checkpoint has seen
        file.write('{"step": 99}\n')
    resumed = train(tmp_path / "b.jsonl", 4, tmp_path / "b")
    assert resumed.records == straight.records
    assert (tmp_path / "b.jsonl").read_text() == (tmp_path / "a.jsonl").read_text()


def test_the_planted_dead_unit_is_found_and_a_leaky_layer_has_none():  # F4
    x, _ = batch(5)

    def planted(activation):
        layer = layers.Dense(4, activation, input_shape=(5,), name=f"planted_{activation}")
        model = afina.Sequential([layer, *([layers.PReLU()] if activation is None else []), layers.Dense(1)])
        kernel, bias = layer.get_weights()
        bias[2] = -100.0
        layer.set_weights([kernel, bias])
        return model

    relu = planted("relu")
    assert diagnose.dead_units(relu, x) == {"planted_relu": [2]}
    assert diagnose.layer_health(relu, x)[0].dead == 1
    for activation in ("leaky_relu", None):
        model = planted(activation)
        assert not any(diagnose.dead_units(model, x).values())
        assert not [one for one in diagnose.layer_health(model, x) if one.dead]


def test_a_dead_channel_of_a_convolution_is_found_in_both_layouts():
    rng = np.random.default_rng(0)
    for layout, shape in (("channels_last", (8, 6, 6, 2)), ("channels_first", (8, 2, 6, 6))):
        layer = layers.Conv2D(
            3, 3, activation="relu", data_format=layout, input_shape=shape[1:], name=f"conv_{layout}"
        )
        model = afina.Sequential([layer])
        kernel, bias = layer.get_weights()
        bias[1] = -100.0
        layer.set_weights([kernel, bias])
        assert diagnose.dead_units(model, rng.normal(size=shape).astype("float32")) == {layer.name: [1]}


def test_ten_tanh_layers_die_saturate_or_live_by_their_initialization():  # I5
    afina.utils.set_random_seed(0)
    initializers = afina.initializers
    small = chain(10, 50, "tanh", initializers.RandomNormal(0.0, 0.1))
    large = chain(10, 500, "tanh", initializers.RandomNormal(0.0, 1.0))
    glorot = chain(10, 500, "tanh", "glorot_normal")
    last = {
        name: diagnose.layer_health(model, batch(units, 256)[0])[-1]
        for name, model, units in (("small", small, 50), ("large", large, 500), ("glorot", glorot, 500))
    }
    assert last["small"].std == pytest.approx(0.019, abs=0.006)
    assert last["large"].saturated == pytest.approx(0.93, abs=0.02)
    assert last["glorot"].std == pytest.approx(0.23, abs=0.05)
    x, y = batch(500)
    problems = {
        name: {finding.problem for finding in diagnose.health_advice(diagnose.layer_health(model, x, y))}
        for name, model in (("large", with_head(large)), ("glorot", with_head(glorot)))
    }
    assert "saturation" in problems["large"]
    assert problems["glorot"] == set()
    silent = chain(10, 50, "tanh", initializers.RandomNormal(0.0, 0.01))
    found = diagnose.health_advice(diagnose.layer_health(silent, batch(50)[0]))
    assert [finding.problem for finding in found] == ["activations die out"]


def test_advice_names_vanishing_exploding_and_dead():
    x, y = batch(32)
    afina.utils.set_random_seed(0)
    vanishing = with_head(chain(12, 32, "sigmoid", "glorot_uniform"))
    exploding = with_head(chain(12, 32, "relu", afina.initializers.RandomNormal(0.0, 1.5)))
    dead = with_head(chain(1, 32, "relu", "he_normal"))
    kernel, bias = dead.layers[0].get_weights()
    dead.layers[0].set_weights([kernel, bias - 100])
    for model, problem in (
        (vanishing, "vanishing gradients"),
        (exploding, "exploding gradients"),
        (dead, "dead units"),
    ):
        found = diagnose.health_advice(diagnose.layer_health(model, x, y))
        assert problem in [finding.problem for finding in found]
    assert "32 of 32 units of hidden_0" in str(found[0])
    log = diagnose.HealthLog()
    exploding.fit(x * 1e18, y, epochs=1, verbose=0, callbacks=[log])
    assert json.loads(json.dumps(log.records, allow_nan=False))
    assert "exploding" in " ".join(map(str, diagnose.health_advice(log.records[0]["layers"]))) or log.records


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: diagnose.layer_health("model", [[1.0]]), "model must be a model", ArgumentError),
        (lambda: diagnose.dead_units(3, [[1.0]]), "model must be a model", ArgumentError),
        (lambda: diagnose.layer_health(chain(1, 1, "relu", "zeros"), [[1]], [[1]]), "not co", NotBuiltError),
        (lambda: diagnose.gradient_ratio([]), "two layers with gradients", ArgumentError),
        (lambda: diagnose.HealthLog(every=0), "every must be", ArgumentError),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
