"""Normalizations against their formula in float64."""

import numpy as np
import pytest

import afina
from afina.errors import AfinaError, ShapeError
from afina.layers import (
    BatchNormalization,
    GroupNormalization,
    InstanceNormalization,
    LayerNormalization,
    UnitNormalization,
)


def normalized(x, axes, epsilon=1e-3):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


@pytest.mark.parametrize(("shape", "axes"), [((6, 4), (0,)), ((3, 5, 6, 4), (0, 1, 2))])
def test_batch_normalization_uses_the_biased_statistics_of_the_batch(shape, axes, rng):
    x = rng.standard_normal(shape) * 3 + 1
    layer = BatchNormalization(dtype="float64")
    np.testing.assert_allclose(layer(x, training=True).numpy(), normalized(x, axes), atol=1e-10)


def test_running_statistics_follow_keras_with_the_biased_variance(rng):
    layer = BatchNormalization(momentum=0.9, dtype="float64")
    mean, variance = np.zeros(4), np.ones(4)
    for _ in range(5):
        x = rng.standard_normal((8, 4)) * 2 + 3
        layer(x, training=True)
        mean, variance = 0.9 * mean + 0.1 * x.mean(0), 0.9 * variance + 0.1 * x.var(0)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.moving_variance.numpy(), variance, rtol=1e-12)
    x = rng.standard_normal((2, 4))
    np.testing.assert_allclose(layer(x).numpy(), (x - mean) / np.sqrt(variance + 1e-3), rtol=1e-10)


def test_a_frozen_batch_normalization_infers_and_keeps_its_statistics_bit_for_bit(rng):
    layer = BatchNormalization()
    x = rng.standard_normal((8, 4)).astype("float32")
    layer(x, training=True)
    before = layer.get_weights()
    layer.trainable = False
    y = layer(x, training=True)
    assert all((a == b).all() for a, b in zip(before, layer.get_weights(), strict=True))
    np.testing.assert_array_equal(y.numpy(), layer(x, training=False).numpy())
    assert layer.trainable_weights == []


def test_axis_one_normalizes_the_channels_of_channels_first_images(rng):
    x = rng.standard_normal((3, 4, 5, 6))
    layer = BatchNormalization(axis=1, dtype="float64")
    np.testing.assert_allclose(layer(x, training=True).numpy(), normalized(x, (0, 2, 3)), atol=1e-10)
    assert layer.gamma.shape == (4,)


def test_one_value_per_channel_is_refused_in_training_by_name():
    layer = BatchNormalization(name="bn")
    x = np.ones((1, 1, 1, 4), "float32")
    layer(x)
    with pytest.raises(ShapeError, match=r"BatchNormalization 'bn'.*more than one value per channel"):
        layer(x, training=True)


def test_gamma_and_beta_scale_and_shift_and_either_may_be_missing(rng):
    x = rng.standard_normal((6, 4))
    layer = BatchNormalization(
        gamma_initializer=afina.initializers.Constant(2.0), center=False, dtype="float64"
    )
    np.testing.assert_allclose(layer(x, training=True).numpy(), 2 * normalized(x, (0,)), atol=1e-10)
    assert [w.name for w in layer.weights] == ["gamma", "moving_mean", "moving_variance"]


def test_layer_normalization_takes_the_last_axis_or_the_whole_sample(rng):
    x = rng.standard_normal((3, 5, 6, 4))
    np.testing.assert_allclose(
        LayerNormalization(dtype="float64")(x).numpy(), normalized(x, (3,)), atol=1e-10
    )
    whole = LayerNormalization(axis=(1, 2, 3), dtype="float64")
    np.testing.assert_allclose(whole(x).numpy(), normalized(x, (1, 2, 3)), atol=1e-10)
    np.testing.assert_allclose(whole(x[:1]).numpy(), whole(x).numpy()[:1], rtol=1e-12)


def test_layer_normalization_takes_an_axis_in_the_middle(rng):
    x = rng.standard_normal((3, 5, 6))
    layer = LayerNormalization(axis=1, dtype="float64")
    np.testing.assert_allclose(layer(x).numpy(), normalized(x, (1,)), atol=1e-10)


def test_instance_normalization_treats_each_channel_of_each_sample(rng):
    x = rng.standard_normal((3, 5, 6, 4))
    y = InstanceNormalization(dtype="float64")(x).numpy()
    np.testing.assert_allclose(y, normalized(x, (1, 2)), atol=1e-10)
    single = BatchNormalization(dtype="float64")(x[:1], training=True).numpy()
    np.testing.assert_allclose(y[:1], single, atol=1e-10)


def test_group_normalization_treats_groups_of_channels(rng):
    x = rng.standard_normal((3, 5, 6, 4))
    y = GroupNormalization(2, dtype="float64")(x).numpy()
    grouped = normalized(x.reshape(3, 5, 6, 2, 2), (1, 2, 4))
    np.testing.assert_allclose(y, grouped.reshape(x.shape), atol=1e-10)
    alone = GroupNormalization(-1, dtype="float64")(x).numpy()
    np.testing.assert_allclose(alone, normalized(x, (1, 2)), atol=1e-10)


def test_unit_normalization_gives_every_vector_length_one(rng):
    y = UnitNormalization(dtype="float64")(rng.standard_normal((3, 5))).numpy()
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), 1.0, rtol=1e-12)


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ShapeError, match="6 channels cannot be split into groups=4"):
        GroupNormalization(4)(np.ones((2, 6), "float32"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 1.5}, r"momentum must lie in \[0, 1\]"),
        ({"epsilon": 0.0}, "epsilon must be positive"),
        ({"axis": (1, 2)}, "axis must be int"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(AfinaError, match=message):
        BatchNormalization(**arguments)


def test_an_axis_outside_the_inputs_is_named():
    with pytest.raises(ShapeError, match=r"axis must name axes 1\.\.1"):
        BatchNormalization(axis=3)(np.ones((2, 4), "float32"))
