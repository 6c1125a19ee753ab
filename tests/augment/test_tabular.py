"""SMOTE: balanced classes, and every new row between two neighbours of its class."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors

from afina.augment import tabular
from afina.errors import AfinaError

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(c, 1.0, (n, 3)) for c, n in ((0, 80), (4, 30), (8, 12))])
Y = np.repeat([0, 1, 2], [80, 30, 12])


def test_classes_are_balanced_and_the_rows_come_first():
    x, y = tabular.smote(X, Y, seed=3)
    assert np.bincount(y).tolist() == [80, 80, 80]
    np.testing.assert_array_equal(x[: len(X)], X)
    np.testing.assert_array_equal(y[: len(Y)], Y)
    assert np.bincount(tabular.smote(X, Y, counts={1: 45, 2: 12})[1]).tolist() == [80, 45, 12]


@pytest.mark.parametrize("neighbors", [1, 3, 5])
def test_every_synthetic_row_lies_between_two_neighbours_of_its_class(neighbors):
    x, y = tabular.smote(X, Y, neighbors=neighbors, seed=1)
    for label in (1, 2):
        own = X[label == Y]
        near = (
            NearestNeighbors(n_neighbors=neighbors + 1).fit(own).kneighbors(own, return_distance=False)[:, 1:]
        )
        a = np.repeat(own, neighbors, axis=0)
        line = own[near.reshape(-1)] - a
        for point in x[len(X) :][y[len(X) :] == label]:
            share = ((point - a) * line).sum(axis=1) / (line**2).sum(axis=1)
            distance = np.linalg.norm(point - a - share[:, None] * line, axis=1)
            assert ((distance < 1e-9) & (share >= 0) & (share <= 1)).any()


def test_the_rows_are_imbalanced_learns_for_the_same_seed():
    ours = tabular.smote(X, Y, seed=7)
    theirs = SMOTE(sampling_strategy={0: 80, 1: 80, 2: 80}, random_state=7).fit_resample(X, Y)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: tabular.smote(X, Y[:3]), "x must be"),
        (lambda: tabular.smote("text", Y), "x must be real"),
        (lambda: tabular.smote(np.full_like(X, np.nan), Y), "NaN"),
        (lambda: tabular.smote(X, Y, neighbors=0), "neighbors"),
        (lambda: tabular.smote(X, Y, neighbors=12), "too few for 12 neighbors"),
        (lambda: tabular.smote(X, Y, counts={1: 3}), "at least their rows"),
        (lambda: tabular.smote(X, Y, counts={9: 30}), "classes of y"),
        (lambda: tabular.smote(X, Y, counts=30), "counts must be a dict"),
        (lambda: tabular.smote(X, Y, seed=-1), "seed"),
    ],
)
def test_wrong_arguments_are_named(call, name):
    with pytest.raises(AfinaError, match=f"smote: .*{name}|smote: {name}"):
        call()
