"""Dense against NumPy in float64."""

import numpy as np
import pytest

import afina
from afina import activations, ops
from afina.errors import AfinaError, ShapeError
from afina.layers import Activation, Dense, LeakyReLU, PReLU


def test_dense_is_the_activation_of_x_times_kernel_plus_bias(rng):
    layer = Dense(3, activation="relu", bias_initializer="random_normal", dtype="float64")
    x = rng.standard_normal((5, 4))
    y = layer(x)
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(y.numpy(), np.maximum(x @ kernel + bias, 0), rtol=1e-12)


def test_dense_works_on_the_last_axis_of_higher_ranks(rng):
    layer = Dense(3, use_bias=False, dtype="float64")
    x = rng.standard_normal((2, 5, 4))
    np.testing.assert_allclose(layer(x).numpy(), x @ layer.kernel.numpy(), rtol=1e-12)


def test_gradients_of_dense_are_those_of_the_matrix_product(rng):
    layer = Dense(3, dtype="float64")
    x = rng.standard_normal((5, 4))
    loss = ops.sum(ops.square(layer(x)))
    y = x @ layer.kernel.numpy() + layer.bias.numpy()
    kernel_gradient, bias_gradient = afina.gradients(loss, layer.trainable_weights)
    np.testing.assert_allclose(kernel_gradient.numpy(), x.T @ (2 * y), rtol=1e-12)
    np.testing.assert_allclose(bias_gradient.numpy(), (2 * y).sum(0), rtol=1e-12)


@pytest.mark.parametrize("given", ["relu", activations.relu, ops.relu, Activation("relu")])
def test_an_activation_by_name_function_or_layer_gives_the_same_bits(given, rng):
    x = rng.standard_normal((6, 5)).astype("float32")
    plain = Dense(4, activation="relu")
    plain.build((None, 5))
    other = Dense(4, activation=given)
    other.build((None, 5))
    other.set_weights(plain.get_weights())
    assert (plain(x).numpy() == other(x).numpy()).all()


def test_a_layer_with_weights_given_as_activation_trains_them():
    layer = Dense(4, activation=PReLU())
    layer(np.ones((2, 3), "float32"))
    assert [w.path.split("/")[1] for w in layer.trainable_weights] == ["kernel", "bias", "alpha"]


def test_unusual_activations_are_applied_after_the_product(rng):
    layer = Dense(4, activation=LeakyReLU(0.1), dtype="float64")
    x = rng.standard_normal((6, 5))
    z = x @ (layer.build((None, 5)) or layer.kernel.numpy())
    np.testing.assert_allclose(layer(x).numpy(), np.where(z > 0, z, 0.1 * z), rtol=1e-12)


def test_a_wrong_number_of_features_names_layer_argument_and_sizes():
    layer = Dense(4, name="head")
    layer(np.ones((2, 3), "float32"))
    for x in (np.ones((2, 5), "float32"), afina.tensor(np.ones((2, 5), "float32"))):
        with pytest.raises(ShapeError, match=r"Dense 'head': inputs must have size 3 on axis -1, got 5"):
            layer(x)


def test_a_vector_is_refused_also_after_matrices_came():
    layer = Dense(4, name="head")
    layer(np.ones((2, 3), "float32"))
    with pytest.raises(ShapeError, match=r"Dense 'head': inputs must have at least rank 2"):
        layer(np.ones(3, "float32"))
    with pytest.raises(ShapeError, match=r"Dense 'head': inputs must have at least rank 2"):
        layer(afina.tensor(np.ones(3, "float32")))


@pytest.mark.parametrize("units", [0, -3, 2.5, "4", True, None])
def test_units_must_be_a_positive_int(units):
    with pytest.raises(AfinaError, match=r"Dense.* units must be (a positive )?int"):
        Dense(units)


def test_float64_inputs_are_brought_to_the_dtype_of_the_layer():
    layer = Dense(2)
    for _ in range(2):  # the first call and the fast ones after it
        assert layer(afina.tensor(np.ones((2, 3)))).dtype == "float32"


def test_a_layer_of_dtype_float64_has_weights_and_results_of_float64():
    layer = Dense(2, dtype="float64")
    assert layer(np.ones((2, 3), "float32")).dtype == "float64"
    assert {w.dtype for w in layer.weights} == {"float64"}


@pytest.mark.parametrize("name", sorted(activations.FUSED))
def test_an_activation_inside_the_kernel_is_the_function_after_it(name, rng):
    x = afina.tensor(rng.standard_normal((37, 40)).astype("float32"), requires_grad=True)
    inside, outside = Dense(150, activation=name), Dense(150)
    inside(x)
    outside(x)
    outside.set_weights(inside.get_weights())
    seed = afina.tensor(rng.standard_normal((37, 150)).astype("float32"))
    found = []
    for layer, y in ((inside, inside(x)), (outside, activations.get(name)(outside(x)))):
        found.append([y, *afina.gradients(y, [x, *layer.trainable_weights], seed)])
    for ours, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(ours.numpy(), wanted.numpy(), rtol=1e-6, atol=1e-6)
