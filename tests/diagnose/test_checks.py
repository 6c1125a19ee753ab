"""Short experiments with a model that leave it as it was."""

import numpy as np
import pytest

import afina
from afina import diagnose, layers
from afina.errors import ArgumentError, NotBuiltError


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 12)).astype("float32"), rng.integers(0, 4, 64)


def network(*middle, optimizer=None):
    afina.utils.set_random_seed(3)
    model = afina.Sequential(
        [
            layers.Dense(64, "relu", input_shape=(12,)), *middle,
            layers.Dense(32, "relu"), layers.Dense(4, "softmax"),
        ]
    )  # fmt: skip
    model.compile(optimizer or afina.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def test_a_correct_net_overfits_a_subset_and_a_detached_one_fails(images):  # L6
    x, y = images
    good = diagnose.overfit_check(network(), x, y, tol=1e-2)
    assert good
    assert good.loss < 1e-2
    detached = network(layers.Lambda(lambda t: t.detach()))
    found = diagnose.overfit_check(detached, x, y, tol=1e-2)
    assert not found
    first = detached.layers[0].name
    assert found.unreached == (f"{first}/kernel", f"{first}/bias")
    assert f"no gradient reaches {first}/kernel" in found.reason


def test_a_net_too_small_or_a_rate_too_low_fails_the_check(images):
    found = diagnose.overfit_check(network(optimizer=afina.optimizers.SGD(1e-6)), *images, epochs=3)
    assert not found
    assert "after 3 epochs, not below 0.01" in found.reason


def test_the_checks_leave_the_model_as_it_was(images):
    x, y = images
    model = network(layers.BatchNormalization(), layers.Dropout(0.2))
    model.fit(x, y, epochs=1, verbose=0)
    weights, slots = model.get_weights(), [s.numpy().copy() for s in model.optimizer.slots["m"]]
    state, history = model.optimizer.get_state(), model.history
    generator = afina.random.get_state()
    diagnose.overfit_check(model, x, y, epochs=2)
    diagnose.learning_rate_range_test(model, x, y, steps=30)
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(slots, model.optimizer.slots["m"], strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert model.optimizer.get_state() == state
    assert model.history is history
    assert afina.random.get_state() == generator


def test_the_range_test_suggests_a_rate_that_trains_and_stops_when_it_diverges(images, tmp_path):
    x, y = images
    found = diagnose.learning_rate_range_test(network(optimizer=afina.optimizers.SGD(0.1)), x, y, high=100.0)
    assert len(found.rates) < 100
    assert found.rates[0] == pytest.approx(1e-6)
    steps = np.diff(np.log(found.rates))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert 1e-3 < found.suggestion <= found.lowest < 10
    losses = {}
    for rate in (1e-5, found.suggestion):
        model = network(optimizer=afina.optimizers.SGD(rate))
        losses[rate] = model.fit(x, y, epochs=10, verbose=0).history["loss"][-1]
    assert losses[found.suggestion] < 0.9 * losses[1e-5]
    pytest.importorskip("matplotlib")
    found.plot(tmp_path / "rate.png")
    assert (tmp_path / "rate.png").read_bytes().startswith(b"\x89PNG")


def test_linear_layers_collapse_to_one_matrix():  # G6
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10, 6)).astype("float32")
    for bias in (True, False):
        model = afina.Sequential([layers.Input(shape=(6,))])
        for units in (8, 5, 7, 3):
            model.add(layers.Dense(units, use_bias=bias, bias_initializer="random_normal"))
            model.add(layers.Dropout(0.3))
        model.add(layers.Activation("linear"))
        flat = diagnose.collapse_linear(model)
        assert len(flat.layers) == 1
        np.testing.assert_allclose(
            flat.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-5
        )
    model.add(layers.Dense(2, "relu", name="bent"))
    with pytest.raises(ArgumentError, match="'bent' is not linear"):
        diagnose.collapse_linear(model)


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: diagnose.overfit_check(afina.Sequential(), [[1.0]], [1.0]), "not compiled", NotBuiltError),
        (lambda: diagnose.overfit_check("net", [[1.0]], [1.0]), "must be a compiled model", NotBuiltError),
        (lambda: diagnose.overfit_check(network(), [[1.0]], [1.0], tol=0), "tol must be", ArgumentError),
        (
            lambda: diagnose.overfit_check(network(), [[1.0]], [1.0], epochs=0),
            "epochs must be",
            ArgumentError,
        ),
        (
            lambda: diagnose.learning_rate_range_test(network(), [[1.0]], [1.0], low=1, high=0.1),
            "low < high",
            ArgumentError,
        ),
        (
            lambda: diagnose.learning_rate_range_test(network(), [[1.0]], [1.0], steps=1),
            "steps must be",
            ArgumentError,
        ),
        (lambda: diagnose.collapse_linear(layers.Dense(3)), "must be a Sequential", ArgumentError),
        (lambda: diagnose.collapse_linear(afina.Sequential([layers.Flatten()])), "not linear", ArgumentError),
    ],
)
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
