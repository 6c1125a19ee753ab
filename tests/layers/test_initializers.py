"""Initializers: moments of a million draws, closed forms, seeds."""

import numpy as np
import pytest

import afina
from afina import initializers
from afina.errors import ArgumentError

SHAPE = (784, 512)
BIG = (1000, 1000)


def draw(identifier, shape=SHAPE, dtype="float64"):
    return initializers.get(identifier)(shape, dtype).numpy()


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (784 + 512)),
        ("glorot_normal", 2 / (784 + 512)),
        ("he_uniform", 2 / 784),
        ("he_normal", 2 / 784),
        ("lecun_uniform", 1 / 784),
        ("lecun_normal", 1 / 784),
    ],
)
def test_scaled_initializers_have_the_variance_of_their_formula(name, variance):
    afina.utils.set_random_seed(1)
    w = draw(name)
    assert abs(w.var() / variance - 1) < 0.01
    assert abs(w.mean()) < 4 * np.sqrt(variance / w.size)


def test_the_limits_of_the_deck_hold():
    w = draw("glorot_uniform")
    assert abs(np.abs(w).max() - 0.06804) < 1e-5
    assert abs(2 / (784 + 512) - 0.0015432) < 1e-7
    assert abs(2 / 784 - 0.0025510) < 1e-7


def test_normals_are_cut_at_two_deviations_of_the_widened_normal():
    w = draw("he_normal")
    assert np.abs(w).max() <= 2 * np.sqrt(2 / 784) / 0.87962566103423978 + 1e-12


def test_the_receptive_field_counts_in_the_fans_of_a_convolution():
    assert initializers.fans((3, 3, 16, 32)) == (144, 288)
    assert np.abs(draw("glorot_uniform", (3, 3, 16, 32))).max() <= np.sqrt(6 / (144 + 288))


@pytest.mark.parametrize("stddev", [1.0, 0.1])
def test_random_normal_has_the_moments_of_the_decks(stddev):
    afina.utils.set_random_seed(2)
    w = initializers.RandomNormal(0.0, stddev)(BIG).numpy()
    assert abs(w.var() / stddev**2 - 1) < 0.01
    assert abs(w.mean()) < 0.01 * stddev


def test_truncated_normal_keeps_within_two_deviations():
    w = initializers.TruncatedNormal(1.0, 0.5)(BIG).numpy()
    assert np.abs(w - 1).max() <= 1.0 + 1e-6
    assert abs(w.std() - 0.5 * 0.87962566) < 0.005


def test_random_uniform_fills_its_interval():
    w = initializers.RandomUniform(-1.0, 3.0)(BIG).numpy()
    assert w.min() >= -1
    assert w.max() <= 3
    assert abs(w.mean() - 1) < 0.01


@pytest.mark.parametrize("shape", [(20, 10), (10, 20), (3, 3, 4, 8)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    q = initializers.Orthogonal(2.0)(shape, "float64").numpy().reshape(-1, shape[-1]) / 2.0
    product = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_plain_initializers_fill_as_they_say():
    assert (draw("zeros", (2, 3)) == 0).all()
    assert (draw("ones", (2, 3)) == 1).all()
    assert (initializers.Constant(2.5)((2, 3)).numpy() == 2.5).all()
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)).numpy(), 2 * np.eye(2, 3))


def test_a_global_seed_repeats_the_weights_and_without_one_they_differ():
    def weights():
        return draw("glorot_uniform", (5, 5))

    afina.utils.set_random_seed(5)
    first, second = weights(), weights()
    afina.utils.set_random_seed(5)
    np.testing.assert_array_equal(weights(), first)
    assert (first != second).any()


def test_a_seeded_initializer_repeats_itself_and_does_not_touch_the_global_generator():
    before = afina.random.get_state()
    seeded = initializers.HeNormal(seed=3)
    np.testing.assert_array_equal(seeded((4, 4)).numpy(), seeded((4, 4)).numpy())
    assert afina.random.get_state() == before


@pytest.mark.parametrize(
    "given",
    ["he_normal", "HeNormal", initializers.HeNormal, initializers.HeNormal(), initializers.he_normal()],
)
def test_names_classes_and_objects_are_all_accepted(given):
    assert isinstance(initializers.get(given), initializers.HeNormal)


def test_an_unknown_name_or_a_bad_number_is_refused():
    with pytest.raises(ArgumentError):
        initializers.get("he_norma")
    with pytest.raises(ArgumentError, match="stddev must be finite and not negative"):
        initializers.RandomNormal(stddev=-1.0)
    with pytest.raises(ArgumentError, match="scale must be positive"):
        initializers.VarianceScaling(0.0)


@pytest.mark.parametrize(("make", "low", "high"), [
    (lambda: initializers.RandomNormal(stddev=0.1), 0.01, 0.03),   # activations die out: 0.019
    (initializers.GlorotNormal, 0.2, 0.26),              # the scale is kept: 0.23
])  # fmt: skip
def test_ten_tanh_layers_keep_or_lose_the_scale_as_the_deck_shows(make, low, high):
    afina.utils.set_random_seed(0)
    units = 50 if low < 0.1 else 500
    x = np.random.default_rng(0).standard_normal((1000, units))
    for _ in range(10):
        x = np.tanh(x @ make()((units, units), "float64").numpy())
    assert low < x.std() < high
