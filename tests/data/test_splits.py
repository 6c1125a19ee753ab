"""Splits: sizes, disjointness, time order, whole groups, shares of classes."""

import itertools

import numpy as np
import pytest

from afina.data import group_split, random_split, stratified_split, temporal_split, train_test_split
from afina.errors import ArgumentError

SIZES = [(0.9, 0.1), (0.75, 0.25), (0.6, 0.2, 0.2), (0.5, 0.5)]
LABELS = np.random.default_rng(3).choice(4, 503, p=[0.6, 0.25, 0.1, 0.05])


def check_each_row_once(parts, n):
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))


@pytest.mark.parametrize("sizes", SIZES)
def test_a_random_split_holds_each_row_once_and_has_the_sizes(sizes):
    parts = random_split(1000, sizes)
    check_each_row_once(parts, 1000)
    assert [len(part) for part in parts] == [round(1000 * size) for size in sizes]


def test_a_split_depends_on_the_seed_alone():
    first, again, other = (random_split(100, (0.8, 0.2), seed=seed)[0].tolist() for seed in (5, 5, 6))
    assert first == again != other


def test_the_order_is_fixed_for_good():
    assert random_split(8, (0.5, 0.5), seed=1)[0].tolist() == [3, 5, 2, 7]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_a_stratified_split_keeps_the_shares_of_the_classes_to_within_one_row(sizes, seed):
    parts = stratified_split(LABELS, sizes, seed=seed)
    check_each_row_once(parts, len(LABELS))
    for part, size in zip(parts, sizes, strict=True):
        assert abs(len(part) - size * len(LABELS)) <= 1
        counts = np.bincount(LABELS[part], minlength=4)
        assert (np.abs(counts - size * np.bincount(LABELS)) <= 2).all()


def test_a_stratified_split_takes_labels_of_shape_n_by_1_and_texts():
    parts = stratified_split(np.array([["a"], ["b"], ["a"], ["b"]]), (0.5, 0.5))
    assert [len(part) for part in parts] == [2, 2]


@pytest.mark.parametrize("sizes", SIZES)
def test_a_temporal_split_never_looks_ahead_and_keeps_a_time_together(sizes):
    times = np.random.default_rng(1).integers(0, 100, 400)
    parts = temporal_split(times, sizes)
    check_each_row_once(parts, 400)
    for earlier, later in itertools.pairwise(parts):
        assert times[earlier].max() < times[later].min()


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_a_group_split_puts_no_group_in_two_parts(sizes, seed):
    groups = np.random.default_rng(2).integers(0, 30, 600)
    parts = group_split(groups, sizes, seed=seed)
    check_each_row_once(parts, 600)
    for i, part in enumerate(parts):
        assert len(part) > 0
        assert abs(len(part) - sizes[i] * 600) < 60
        for other in parts[i + 1 :]:
            assert not set(groups[part]) & set(groups[other])


def test_a_group_split_fills_every_part_even_with_one_group_each():
    parts = group_split(["a"] * 97 + ["b", "c"], (0.98, 0.01, 0.01))
    assert sorted(map(len, parts)) == [1, 1, 97]


def test_train_test_split_returns_the_parts_of_every_array_side_by_side():
    x = np.arange(40).reshape(20, 2)
    x_train, x_test, y_train, y_test = train_test_split(x, x[:, 0] // 2, test_size=5, seed=3)
    assert (x_train.shape, x_test.shape) == ((15, 2), (5, 2))
    np.testing.assert_array_equal(x_test[:, 0] // 2, y_test)
    assert not set(y_train) & set(y_test)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: random_split(10, (0.5, 0.4)), "add up to 1"),
        (lambda: random_split(10, (5, 4)), "add up to 10"),
        (lambda: random_split(10, (1.0,)), "two parts"),
        (lambda: random_split(10, (1.5, -0.5)), "above 0"),
        (lambda: random_split(10, (float("nan"), 0.5)), "above 0"),
        (lambda: random_split(3, (0.99, 0.01)), "empty"),
        (lambda: random_split(-1, (0.5, 0.5)), "number of rows"),
        (lambda: random_split(10, (0.5, 0.5), seed=-1), "seed"),
        (lambda: random_split(10, (0.5, 0.5), seed=1.5), "seed"),
        (lambda: stratified_split(np.zeros((3, 2)), (0.5, 0.5)), "one dimension"),
        (lambda: temporal_split([1.0, float("nan")], (0.5, 0.5)), "NaN"),
        (lambda: group_split([1, 1, 1], (0.5, 0.5)), "cannot fill"),
        (train_test_split, "same length"),
        (lambda: train_test_split(np.zeros(3), np.zeros(4)), "same length"),
        (lambda: train_test_split(np.zeros(3), stratify=[0, 1, 0], groups=[1, 2, 3]), "exclude"),
        (lambda: train_test_split(np.zeros(3), stratify=[0, 1]), "rows"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()
