"""Activation layers and functions against their formulas."""

import numpy as np
import pytest

import afina
from afina import activations
from afina.errors import ArgumentError
from afina.layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax

X = np.array([[-3.0, -0.5, 0.25, 2.0, 7.0]])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), np.maximum(X, 0)),
        (ReLU(6.0), np.clip(X, 0, 6)),
        (
            ReLU(max_value=6.0, negative_slope=0.1, threshold=1.0),
            np.where(X >= 1, np.minimum(X, 6), 0.1 * (X - 1)),
        ),
        (LeakyReLU(), np.where(X > 0, X, 0.3 * X)),
        (LeakyReLU(alpha=0.2), np.where(X > 0, X, 0.2 * X)),
        (ELU(0.5), np.where(X > 0, X, 0.5 * (np.exp(X) - 1))),
        (Softmax(), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
        (PReLU(alpha_initializer=afina.initializers.Constant(0.25)), np.where(X > 0, X, 0.25 * X)),
        (Activation("tanh"), np.tanh(X)),
        (Activation("sigmoid"), 1 / (1 + np.exp(-X))),
        (Activation("softsign"), X / (1 + np.abs(X))),
        (Activation("silu"), X / (1 + np.exp(-X))),
        (Activation("softplus"), np.log1p(np.exp(X))),
        (Activation("relu6"), np.clip(X, 0, 6)),
        (Activation("linear"), X),
        (Activation("exponential"), np.exp(X)),
        (Activation("hard_sigmoid"), np.clip(X / 6 + 0.5, 0, 1)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_layer_computes_its_formula(layer, expected):
    layer = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
    np.testing.assert_allclose(layer(X).numpy(), expected, rtol=1e-9, atol=1e-12)


def test_the_learned_slope_of_prelu_receives_its_gradient():
    layer = PReLU(dtype="float64")
    loss = afina.ops.sum(layer(X))
    (gradient,) = afina.gradients(loss, layer.trainable_weights)
    np.testing.assert_allclose(gradient.numpy(), np.minimum(X[0], 0))


def test_shared_axes_give_prelu_one_slope_per_channel():
    layer = PReLU(shared_axes=(1, 2))
    layer.build((None, 8, 8, 3))
    assert layer.alpha.shape == (1, 1, 3)


def test_the_derivatives_of_sigmoid_tanh_and_relu_are_their_closed_forms():  # G2
    x = np.linspace(-6.0, 6.0, 241)[np.arange(241) != 120]  # ReLU has a kink at 0
    bell = np.exp(-x) / (1 + np.exp(-x)) ** 2
    closed_forms = {"sigmoid": bell, "tanh": 1 - np.tanh(x) ** 2, "relu": (x > 0).astype(float)}
    for name, expected in closed_forms.items():
        np.testing.assert_allclose(slope(name, x), expected, rtol=0, atol=1e-7)
    assert slope("sigmoid", [0.0]) == 0.25
    assert slope("tanh", [0.0]) == 1.0
    assert set(slope("relu", x)) == {0.0, 1.0}


def slope(name, x):
    """The derivative of an activation, as backpropagation gives it."""
    points = afina.tensor(np.asarray(x, "float64"), requires_grad=True)
    (found,) = afina.gradients(afina.ops.sum(activations.get(name)(points)), [points])
    return found.numpy()


def test_relu_is_idempotent_and_the_logistic_is_not(rng):
    x = afina.tensor(rng.standard_normal(50))
    relu, sigmoid = activations.get("relu"), activations.get("sigmoid")
    assert (relu(relu(x)).numpy() == relu(x).numpy()).all()
    assert not np.allclose(sigmoid(sigmoid(x)).numpy(), sigmoid(x).numpy())


def test_three_sigmoids_squash_the_interval_to_less_than_six_hundredths():
    x = afina.tensor(np.linspace(-5, 5, 101))
    sigmoid = activations.get("sigmoid")
    y = sigmoid(sigmoid(sigmoid(x))).numpy()
    assert y.max() - y.min() < 0.06


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ArgumentError, match=r"activation: must be one of \['elu'.*got 'rleu'"):
        Activation("rleu")


def test_infinities_and_nan_pass_a_capped_relu_as_they_should():
    x = afina.tensor([-np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(activations.relu(x, max_value=6.0).numpy(), [0, 6, np.nan])
    np.testing.assert_array_equal(activations.relu(x, threshold=1.0).numpy(), [0, np.inf, np.nan])
