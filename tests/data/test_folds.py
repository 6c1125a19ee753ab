"""Cross-validation: the folds are scikit-learn's, whole groups, shares of classes, never the future."""

import numpy as np
import pytest
from sklearn.model_selection import KFold

from afina.data import group_k_fold, k_fold, stratified_k_fold, temporal_folds
from afina.errors import ArgumentError


@pytest.mark.parametrize(("n", "folds"), [(10, 2), (103, 5), (7, 7)])
@pytest.mark.parametrize("seed", [None, 0, 42])
def test_the_folds_are_scikit_learns_for_the_same_seed(n, folds, seed):
    shuffle = seed is not None
    theirs = KFold(folds, shuffle=shuffle, random_state=seed).split(np.zeros(n))
    ours = k_fold(n, folds, shuffle=shuffle, seed=seed or 0)
    for (train, held_out), (their_train, their_held_out) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(held_out, their_held_out)


def check_each_row_is_held_out_once(folds, n):
    assert sorted(np.concatenate([held_out for _, held_out in folds]).tolist()) == list(range(n))
    for train, held_out in folds:
        assert sorted([*train, *held_out]) == list(range(n))


def test_stratified_folds_have_the_classes_in_the_same_shares():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    folds = stratified_k_fold(labels, 5, seed=3)
    check_each_row_is_held_out_once(folds, 100)
    assert all(np.bincount(labels[held_out]).tolist() == [12, 6, 2] for _, held_out in folds)


def test_group_folds_keep_groups_whole():
    groups = np.random.default_rng(2).integers(0, 30, 600)
    folds = group_k_fold(groups, 5)
    check_each_row_is_held_out_once(folds, 600)
    assert not any(set(groups[train]) & set(groups[held_out]) for train, held_out in folds)


def test_temporal_folds_train_on_the_past_only():
    times = np.random.default_rng(1).permutation(120)
    folds = temporal_folds(times, 5)
    assert [len(train) for train, _ in folds] == [20, 40, 60, 80, 100]
    assert all(times[train].max() < times[held_out].min() for train, held_out in folds)


@pytest.mark.parametrize(
    "call",
    [
        lambda: k_fold(10, 1),
        lambda: k_fold(3, 4),
        lambda: k_fold(10, 2.5),
        lambda: k_fold("ten", 2),
        lambda: k_fold(10, 2, shuffle=True, seed=1 << 32),
        lambda: k_fold(10, 2, seed=-1),
        lambda: stratified_k_fold([0, 1], 3),
        lambda: group_k_fold(["a", "a", "a"], 2),
        lambda: temporal_folds([1, 2], 2),
    ],
)
def test_wrong_arguments_are_named(call):
    with pytest.raises(ArgumentError, match=r"fold|group_split"):
        call()
