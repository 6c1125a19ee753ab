"""Training data from elsewhere: the deck's counts, and dev and test of one distribution."""

import numpy as np
import pytest

from afina.data import random_split, split_mismatched, two_sample_test
from afina.errors import AfinaError

WEB, APP = 200_000, 10_000


def app_rows(part):
    return int((part >= WEB).sum())


def test_two_hundred_thousand_web_and_ten_thousand_app_images_are_split_as_in_the_deck():
    parts = split_mismatched(WEB, APP, seed=4)
    everything = np.concatenate([parts.train, parts.train_dev, parts.dev, parts.test])
    assert sorted(everything.tolist()) == list(range(WEB + APP))
    pool = np.concatenate([parts.train, parts.train_dev])
    assert (len(pool) - app_rows(pool), app_rows(pool)) == (200_000, 5_000)
    assert (len(parts.dev), app_rows(parts.dev)) == (2_500, 2_500)
    assert (len(parts.test), app_rows(parts.test)) == (2_500, 2_500)
    share = app_rows(parts.train_dev) / len(parts.train_dev)  # drawn from the training distribution
    assert len(parts.train_dev) == 2_500
    assert abs(share - 5 / 205) < 0.01


def test_the_sizes_can_be_chosen_and_the_seed_fixes_the_rows():
    parts = split_mismatched(100, 40, scarce_in_training=10, train_dev=20, seed=1)
    assert [len(p) for p in (parts.train, parts.train_dev, parts.dev, parts.test)] == [90, 20, 15, 15]
    again = split_mismatched(100, 40, scarce_in_training=10, train_dev=20, seed=1)
    np.testing.assert_array_equal(parts.train, again.train)
    assert (split_mismatched(100, 40, seed=2).dev != split_mismatched(100, 40, seed=3).dev).any()


@pytest.mark.parametrize("seed", range(5))
def test_dev_and_test_of_one_distribution_pass_and_a_shifted_test_set_is_flagged(seed):
    rng = np.random.default_rng(seed)
    web, app = rng.normal(0.0, 1.0, (4000, 6)), rng.normal(0.4, 1.0, (1200, 6))
    rows = np.concatenate([web, app])
    parts = split_mismatched(4000, 1200, seed=seed)
    assert not two_sample_test(rows[parts.dev], rows[parts.test]).differ
    flagged = two_sample_test(rows[parts.train_dev], rows[parts.test])
    assert flagged.differ
    assert flagged.p_value < 1e-4


def test_a_change_that_no_single_feature_shows_is_flagged_and_images_are_taken_flat(rng):
    common = rng.normal(size=(1500, 1))
    together = common + 0.1 * rng.normal(size=(1500, 5))
    alone = np.sqrt(1.01) * rng.normal(size=(1500, 5))
    assert two_sample_test(together, alone).differ
    images = rng.integers(0, 256, (400, 8, 8, 3), dtype=np.uint8)
    first, second = (images[part] for part in random_split(400, (0.5, 0.5)))
    assert not two_sample_test(first, second).differ
    assert two_sample_test(first, second // 2).differ


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: split_mismatched(0, 10), "plentiful"),
        (lambda: split_mismatched(10, 1.5), "scarce"),
        (lambda: split_mismatched(10, 10, scarce_in_training=9), "leaves 1 of 10"),
        (lambda: split_mismatched(10, 10, scarce_in_training=-1), "scarce_in_training"),
        (lambda: split_mismatched(10, 10, train_dev=15), "train_dev"),
        (lambda: split_mismatched(10, 10, seed=-1), "seed"),
        (lambda: two_sample_test(np.zeros((3, 2)), np.zeros((3, 4))), "2 and of 4 features"),
        (lambda: two_sample_test(np.zeros((1, 2)), np.zeros((3, 2))), "first needs"),
        (lambda: two_sample_test([[0.0], [np.nan]], [[0.0], [1.0]]), "first holds NaN"),
        (lambda: two_sample_test("text", [[0.0], [1.0]]), "first must be real numbers"),
        (lambda: two_sample_test([[0.0], [1.0]], [[0.0], [1.0]], level=2.0), "level"),
        (lambda: two_sample_test([[0.0], [1.0]], [[0.0], [1.0]], projections=0), "projections"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
