"""The scales of hyperparameters: what is equally likely, and what a grid and a zoom make of them."""

import numpy as np
import pytest
from scipy import stats

from afina import search
from afina.errors import ArgumentError, DTypeError
from afina.search import Beta, Choice, Linear, Log

DRAWS = 20_000


def draws(space, count=DRAWS):
    generator = np.random.default_rng(0)
    return [space.sample(generator) for _ in range(count)]


def test_log_sampling_puts_a_quarter_of_the_draws_into_each_of_four_decades():  # H3
    counts, _ = np.histogram(np.log10(draws(Log(1e-4, 1.0))), bins=[-4, -3, -2, -1, 0])
    assert np.all(np.abs(counts / DRAWS - 0.25) < 0.02)
    linear = np.array(draws(Linear(1e-4, 1.0)))
    assert abs((linear > 0.1).mean() - 0.9) < 0.02


def test_one_minus_beta_is_log_uniform():  # H4
    betas = np.array(draws(Beta(0.9, 0.999)))
    assert betas.min() >= 0.9
    assert betas.max() <= 0.999
    assert stats.kstest(np.log10(1 - betas), stats.uniform(-3, 2).cdf).pvalue > 0.01


def test_whole_numbers_are_equally_likely_with_both_ends():
    values, counts = np.unique(draws(Linear(1, 4, integer=True)), return_counts=True)
    assert values.tolist() == [1, 2, 3, 4]
    assert np.all(np.abs(counts / DRAWS - 0.25) < 0.02)
    units = draws(Log(16, 512, integer=True), 2000)
    assert {type(one) for one in units} == {int}
    assert min(units) >= 16
    assert max(units) <= 512


@pytest.mark.parametrize(
    "space",
    [Linear(-1, 3), Log(1e-5, 10.0), Beta(0.5, 0.999), Linear(2, 9, integer=True), Choice([1, "a", None])],
)
def test_place_is_the_inverse_of_at(space):
    for value in draws(space, 50):
        again = space.at(space.place(value))
        assert again == value or abs(again - value) < 1e-9 * max(1, abs(value))


@pytest.mark.parametrize(
    "space", [Linear(0.0, 1.0), Log(1e-4, 1.0), Beta(0.9, 0.999), Linear(0, 50, integer=True)]
)
def test_a_zoom_lies_inside_and_around_the_best(space):  # H2
    middle = space.at(0.55)
    box = space.zoomed([space.at(0.5), space.at(0.6)], 0.3)
    assert space.low <= box.low < middle < box.high <= space.high
    assert abs((space.place(box.low) + space.place(box.high)) / 2 - 0.55) < 0.02
    assert abs(space.place(box.high) - space.place(box.low) - 0.3) < 0.03
    edge = space.zoomed([space.low], 0.3)
    assert edge.low == space.low


def test_the_default_space_has_the_decks_priorities():  # H5
    assert search.PRIORITIES[0] == ("learning_rate",)
    names = list(search.default_space("sgd"))
    assert names == ["learning_rate", "momentum", "batch_size", "hidden_units", "layers", "decay"]
    momentum = search.default_space()["momentum"]
    assert (momentum.low, momentum.high) == (0.9, 0.999)
    assert not [name for name in search.default_space("adam") if "beta" in name or name == "momentum"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Linear(1.0, 1.0), "Linear: low must be below high"),
        (lambda: Linear(0.0, float("inf")), "both finite"),
        (lambda: Linear(0.5, 2, integer=True), "must be whole"),
        (lambda: Linear("a", 1), "low must be float"),
        (lambda: Log(0.0, 1.0), "Log: low must be above 0"),
        (lambda: Beta(0.9, 1.0), "Beta: needs 0 <= low < high < 1"),
        (lambda: Choice([]), "at least one"),
        (lambda: Choice("relu"), "must be a list"),
        (lambda: Choice([1, 1]), "must differ"),
        (lambda: Choice([object()]), "numbers, strings"),
        (lambda: search.default_space("lbfgs"), 'must be "sgd" or "adam"'),
    ],
)
def test_wrong_spaces_are_refused(make, says):
    with pytest.raises((ArgumentError, DTypeError), match=says):
        make()
