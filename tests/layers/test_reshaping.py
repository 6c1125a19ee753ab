"""Layers that move values: the same numbers in other places."""

import numpy as np
import pytest

from afina.errors import ArgumentError, ShapeError
from afina.layers import (
    Cropping2D,
    Flatten,
    Input,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)

X = np.arange(2 * 3 * 4 * 5, dtype="float32").reshape(2, 3, 4, 5)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Flatten(), X.reshape(2, 60)),
        (Flatten(data_format="channels_first"), X.transpose(0, 2, 3, 1).reshape(2, 60)),
        (Reshape((6, -1)), X.reshape(2, 6, 10)),
        (Reshape((60,)), X.reshape(2, 60)),
        (Permute((3, 1, 2)), X.transpose(0, 3, 1, 2)),
        (ZeroPadding2D(), np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0)))),
        (ZeroPadding2D(((1, 0), (2, 3))), np.pad(X, ((0, 0), (1, 0), (2, 3), (0, 0)))),
        (ZeroPadding2D((1, 2), data_format="channels_first"), np.pad(X, ((0, 0), (0, 0), (1, 1), (2, 2)))),
        (Cropping2D(((1, 0), (2, 1))), X[:, 1:, 2:-1]),
        (Cropping2D(1, data_format="channels_first"), X[:, :, 1:-1, 1:-1]),
        (UpSampling2D((2, 3)), X.repeat(2, 1).repeat(3, 2)),
        (UpSampling2D(2, data_format="channels_first"), X.repeat(2, 2).repeat(2, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_values_land_where_numpy_puts_them_and_the_shape_was_foretold(layer, expected):
    assert layer(Input(shape=X.shape[1:])).shape == (None, *expected.shape[1:])
    np.testing.assert_array_equal(layer(X).numpy(), expected)


def test_repeat_vector_repeats_each_row():
    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(RepeatVector(4)(x).numpy(), np.repeat(x[:, None], 4, 1))


def test_integers_stay_integers():
    assert Flatten()(np.ones((2, 3, 4), "int32")).dtype == "int32"
    assert Flatten()(Input(shape=(3, 4), dtype="int32")).dtype == "int32"


def test_a_reshape_that_does_not_fit_says_how_many_values_there_are():
    with pytest.raises(ShapeError, match=r"hold 12 values a sample, which do not fit target_shape \(5, -1\)"):
        Reshape((5, -1))(Input(shape=(3, 4)))


def test_cropping_everything_away_is_refused():
    with pytest.raises(ShapeError, match="leaves nothing"):
        Cropping2D(2)(Input(shape=(4, 9, 1)))


def test_permute_wants_a_permutation():
    with pytest.raises(ArgumentError, match="dims must be a permutation"):
        Permute((1, 3))
