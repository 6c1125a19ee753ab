"""Every layer's gradient agrees with central differences in float64, in training and in inference."""

import numpy as np
import pytest
from layer_cases import AUGMENTATIONS, CASES, IMAGES, MERGES, ROWS

import afina
from afina import layers, ops

RANDOM = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout")
DRAWING = {*RANDOM, *(type(layer).__name__ for layer, _ in AUGMENTATIONS)}
STEADY = [(layer, shape) for layer, shape in CASES if type(layer).__name__ not in DRAWING]
STEP = 1e-6


def in_float64(layer):
    config = layer.get_config() | {"dtype": "float64", "name": None, "trainable": True}
    config.pop("activity_regularizer", None)
    return type(layer).from_config(config)


def slope_along(value, tensor, direction):
    """(value(t + h d) - value(t - h d)) / 2h, the tensor put back afterwards."""
    start = tensor.numpy().copy()
    results = []
    for sign in (1, -1):
        tensor.copy_(afina.tensor(start + sign * STEP * direction))
        with afina.no_grad():
            results.append(value().item())
    tensor.copy_(afina.tensor(start))
    return (results[0] - results[1]) / (2 * STEP)


def check(layer, inputs, training, rng):
    layer(inputs, training=training)
    for w in layer.trainable_weights:  # away from zeros and ones, where mistakes hide
        w.assign(w.numpy() + 0.3 * rng.standard_normal(w.shape))
    weighting = afina.tensor(rng.standard_normal(layer(inputs, training=training).shape))

    def value():
        return ops.sum(layer(inputs, training=training) * weighting)

    tensors = [*(inputs if isinstance(inputs, list) else [inputs]), *layer.trainable_weights]
    for tensor, gradient in zip(tensors, afina.gradients(value(), tensors), strict=True):
        direction = rng.standard_normal(tensor.shape)
        expected = slope_along(value, tensor, direction)
        found = (gradient.numpy() * direction).sum()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("layer", "shape"), STEADY, ids=[type(layer).__name__ for layer, _ in STEADY])
def test_the_gradient_is_the_slope(layer, shape, training, rng):
    x = rng.standard_normal(shape)
    if layer.name.startswith("power"):
        x = np.abs(x) + 0.5
    check(in_float64(layer), afina.tensor(x, requires_grad=True), training, rng)


@pytest.mark.parametrize("name", MERGES)
def test_the_gradient_of_a_merge_reaches_every_input(name, rng):
    pair = [afina.tensor(rng.standard_normal(ROWS), requires_grad=True) for _ in range(2)]
    check(getattr(layers, name)(dtype="float64"), pair, False, rng)


def check_with_the_same_draws(layer, shape, rng):
    x = afina.tensor(rng.standard_normal(shape), requires_grad=True)
    state = afina.random.get_state()

    def value():
        afina.random.set_state(state)
        return ops.sum(ops.square(layer(x, training=True)))

    (gradient,) = afina.gradients(value(), [x])
    direction = rng.standard_normal(shape)
    np.testing.assert_allclose(
        (gradient.numpy() * direction).sum(), slope_along(value, x, direction), rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("name", RANDOM)
def test_the_gradient_of_a_random_layer_is_that_of_the_numbers_it_drew(name, rng):
    shape = (4, 9, 5) if name.endswith("1D") else (4, 3, 3, 5)
    check_with_the_same_draws(getattr(layers, name)(0.4, dtype="float64"), shape, rng)


@pytest.mark.parametrize(
    "layer", [layer for layer, _ in AUGMENTATIONS], ids=lambda layer: type(layer).__name__
)
def test_the_gradient_of_an_augmentation_is_that_of_the_change_it_drew(layer, rng):
    made = in_float64(layer)
    made.seed = made._draws = None
    if hasattr(made, "adapt"):
        made.adapt(rng.standard_normal(IMAGES))
    check_with_the_same_draws(made, IMAGES, rng)
