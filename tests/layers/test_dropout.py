"""Dropout and noise: what training does, what inference does, what a seed promises."""

import numpy as np
import pytest

import afina
from afina.errors import AfinaError, ArgumentError, ShapeError
from afina.layers import Dropout, GaussianDropout, GaussianNoise, SpatialDropout2D

ONES = np.ones((200, 50), "float32")


def test_survivors_are_scaled_by_exactly_one_over_the_probability_to_keep():
    y = Dropout(keep_prob=0.8)(ONES, training=True).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1.25)}


def test_forty_of_fifty_units_survive_on_average():
    kept = (Dropout(0.2)(ONES, training=True).numpy() > 0).sum(1)
    assert abs(kept.mean() - 40) < 3 * np.sqrt(50 * 0.2 * 0.8 / len(ONES))


def test_classic_mode_leaves_survivors_and_scales_in_inference():
    layer = Dropout(0.25, mode="classic")
    assert set(np.unique(layer(ONES, training=True).numpy())) == {0.0, 1.0}
    np.testing.assert_array_equal(layer(ONES).numpy(), ONES * np.float32(0.75))


def test_both_modes_have_the_same_expectation():
    afina.utils.set_random_seed(3)
    x = np.ones((2000, 50), "float32")
    for mode, expected in (("inverted", 1.0), ("classic", 0.7)):
        layer = Dropout(0.3, mode=mode)
        assert abs(layer(x, training=True).numpy().mean() - expected) < 0.01
        np.testing.assert_allclose(layer(x).numpy().mean(), expected, rtol=1e-5)


def test_inference_returns_the_input_bit_for_bit(rng):
    x = rng.standard_normal((4, 5)).astype("float32")
    for layer in (
        Dropout(0.5),
        GaussianNoise(1.0),
        GaussianDropout(0.5),
        Dropout(0.5, noise_shape=(None, 1)),
    ):
        np.testing.assert_array_equal(layer(x).numpy(), x)


def test_rows_of_a_batch_have_different_masks_and_so_have_two_calls():
    layer = Dropout(0.5)
    y = layer(ONES, training=True).numpy()
    assert len({row.tobytes() for row in y}) == len(y)
    assert (layer(ONES, training=True).numpy() != y).any()


def test_a_seeded_layer_repeats_its_sequence_of_masks_whatever_else_draws():
    masks = []
    for _ in range(2):
        layer = Dropout(0.5, seed=11)
        afina.ops.random_uniform((3,))
        masks.append([layer(ONES, training=True).numpy() for _ in range(3)])
    for a, b in zip(*masks, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (masks[0][0] != masks[0][1]).any()


def test_the_counter_of_a_seeded_layer_is_state_but_not_a_weight():
    layer = Dropout(0.5, seed=11)
    layer(ONES, training=True)
    assert layer.weights == []
    assert [v.tolist() for v in layer.variables] == [[1]]


def test_noise_shape_shares_the_mask_along_axes_of_one():
    y = Dropout(0.5, noise_shape=(None, 1, None))(np.ones((8, 6, 7), "float32"), training=True).numpy()
    assert (y == y[:, :1]).all()
    assert 0 < (y == 0).mean() < 1


@pytest.mark.parametrize(("data_format", "axes"), [("channels_last", (1, 2)), ("channels_first", (2, 3))])
def test_spatial_dropout_drops_whole_channels(data_format, axes):
    layer = SpatialDropout2D(0.5, data_format=data_format)
    y = layer(np.ones((8, 6, 6, 6), "float32"), training=True).numpy()
    assert (y.min(axes) == y.max(axes)).all()
    assert set(np.unique(y)) == {0.0, 2.0}


def test_gradient_flows_through_the_survivors_only():
    x = afina.tensor(ONES, requires_grad=True)
    y = Dropout(0.5)(x, training=True)
    (gradient,) = afina.gradients(afina.ops.sum(y), [x])
    np.testing.assert_array_equal(gradient.numpy(), y.numpy())


def test_gaussian_noise_and_dropout_have_the_stated_moments():
    afina.utils.set_random_seed(0)
    x = np.ones((1000, 100), "float32")
    noise = GaussianNoise(0.5)(x, training=True).numpy()
    assert abs(noise.mean() - 1) < 0.01
    assert abs(noise.std() - 0.5) < 0.01
    scaled = GaussianDropout(0.2)(x, training=True).numpy()
    assert abs(scaled.mean() - 1) < 0.01
    assert abs(scaled.std() - 0.5) < 0.01  # sqrt(0.2 / 0.8)


def test_rate_and_keep_prob_exclude_each_other():
    with pytest.raises(ArgumentError, match=r"give rate .* or keep_prob"):
        Dropout(0.5, keep_prob=0.5)
    with pytest.raises(ArgumentError, match=r"give rate .* or keep_prob"):
        Dropout()


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), "half"])
def test_a_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(AfinaError, match=r"Dropout.* rate must (lie in \[0, 1\)|be float)"):
        Dropout(rate)


def test_a_noise_shape_that_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="noise_shape must have 1, None or the input's size"):
        Dropout(0.5, noise_shape=(None, 3))(ONES, training=True)


def test_the_formula_says_which_dropout_is_in_force():
    assert "1/(1 - 0.5)" in Dropout(0.5).formula
    assert "inference: x * (1 - 0.5)" in Dropout(0.5, mode="classic").formula
