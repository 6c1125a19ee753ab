"""What penalties do at the optimum, and how their strength is chosen."""

import numpy as np
import pytest

import afina
from afina import layers, regularizers, search
from afina.errors import ArgumentError


def problem(rows=80, features=6, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    wanted = np.array([2.0, -1.0, 0.0, 0.0, 0.5, 0.0])[:features]
    return x, (x @ wanted + 0.1 * rng.normal(size=rows))[:, None]


def linear(regularizer, rate=0.1, features=6, optimizer=None):
    layer = layers.Dense(
        1, use_bias=False, kernel_regularizer=regularizer, input_shape=(features,), dtype="float64",
        kernel_initializer="zeros",
    )  # fmt: skip
    model = afina.Sequential([layer], dtype="float64")
    model.compile(optimizer or afina.optimizers.SGD(rate), "mse")
    return model


@pytest.mark.parametrize("half", [False, True])
def test_ridge_regression_reaches_the_normal_equations(half):  # R1
    x, y = problem()
    strength = 0.3
    model = linear(regularizers.L2(strength, half=half))
    model.fit(x, y, batch_size=len(x), epochs=400, shuffle=False, verbose=0)
    # d/dw of mean (xw - y)^2 + s |w|^2 is 0 at (x'x / n + s) w = x'y / n; with half, s / 2.
    s = strength / 2 if half else strength
    wanted = np.linalg.solve(x.T @ x / len(x) + s * np.eye(6), x.T @ y / len(x))
    np.testing.assert_allclose(model.get_weights()[0], wanted, atol=1e-4)


def test_lasso_makes_needless_coordinates_nearly_zero():  # R1
    x, y = problem()
    schedule = afina.schedules.ExponentialDecay(0.05, 100, 0.5)
    model = linear(regularizers.L1(0.2), optimizer=afina.optimizers.SGD(schedule))
    model.fit(x, y, batch_size=len(x), epochs=1200, shuffle=False, verbose=0)
    found = model.get_weights()[0].ravel()
    assert np.all(np.abs(found[[2, 3, 5]]) < 1e-3)
    assert np.all(np.abs(found[[0, 1]]) > 0.5)


def test_two_layers_have_their_own_lambdas():  # R2
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 3))
    first, second = 0.01, 0.5

    def gradients(one, other):
        afina.utils.set_random_seed(1)
        model = afina.Sequential(
            [
                layers.Dense(4, kernel_regularizer=regularizers.L2(one), input_shape=(3,), dtype="float64"),
                layers.Dense(2, kernel_regularizer=regularizers.L2(other), dtype="float64"),
            ],
            dtype="float64",
        )
        loss = model(x, training=True).sum()
        for penalty in model.losses:
            loss = loss + penalty
        return model, afina.gradients(loss, model.trainable_weights)

    model, with_both = gradients(first, second)
    _, without = gradients(0.0, 0.0)
    for index, strength in ((0, first), (2, second)):
        extra = with_both[index].numpy() - without[index].numpy()
        np.testing.assert_allclose(extra, 2 * strength * model.trainable_weights[index].numpy(), rtol=1e-9)
    for index in (1, 3):
        np.testing.assert_array_equal(with_both[index].numpy(), without[index].numpy())


def test_the_path_of_lambda_is_the_decks_shrinks_the_weights_and_keeps_the_best():  # R3
    assert search.LAMBDAS == (0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 12))
    wanted = np.r_[1.0, -1.0, np.zeros(10)][:, None]
    y = x @ wanted + 2.0 * rng.normal(size=(20, 1))
    held = rng.normal(size=(200, 12))
    path = search.lambda_path(
        lambda: linear(None, rate=0.04, features=12), x, y, (held, held @ wanted),
        batch_size=20, epochs=300, shuffle=False,
    )  # fmt: skip
    assert path.lambdas == search.LAMBDAS
    assert all(b <= a + 1e-9 for a, b in zip(path.norms, path.norms[1:], strict=False))
    assert path.norms[-1] < 0.2 * path.norms[0]
    assert path.best == path.lambdas[int(np.argmin(path.validation))]
    assert 0 < path.best < 10
    assert path.training[0] == min(path.training)
    assert np.ravel(path.best_model.evaluate(held, held @ wanted, verbose=0))[0] == pytest.approx(
        min(path.validation) + path.best_model.losses[0].item(), rel=1e-6
    )
    assert str(path).splitlines()[-1] == f"best: {path.best:g}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"build": 3}, "must be functions"),
        ({"build": lambda: 3}, "must return a compiled model"),
        ({"validation_data": 3}, "validation_data must be"),
        ({"lambdas": [-1]}, "lambdas must be"),
        ({"lambdas": ["a"]}, "lambdas must be"),
        ({"lambdas": []}, "at least one"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_wrong_arguments_of_a_path_are_refused(change, says):
    x, y = problem()
    given = {"build": lambda: linear(None), "x": x, "y": y, "validation_data": (x, y), **change}
    with pytest.raises(ArgumentError, match=says):
        search.lambda_path(**given)
