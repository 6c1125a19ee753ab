"""Scaling: statistics of the training rows, applied to all."""

import numpy as np
import pytest

from afina.data import Normalizer
from afina.errors import ArgumentError, NotBuiltError, ShapeError


def test_training_rows_get_mean_0_and_standard_deviation_1_and_come_back():
    x = np.random.default_rng(0).normal(7.0, 3.0, (500, 4))
    scale = Normalizer().fit(x)
    np.testing.assert_allclose(scale(x).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scale(x).std(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(scale.invert(scale(x)), x, rtol=1e-12)


def test_images_get_one_mean_for_each_channel():
    x = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)
    scale = Normalizer().fit(x)
    assert scale.mean.shape[-1] == 3
    assert scale(x).dtype == np.float32
    np.testing.assert_allclose(scale(x).mean(axis=(0, 1, 2)), 0, atol=1e-5)


def test_a_constant_feature_becomes_zero():
    assert Normalizer().fit(np.ones((5, 2)))(np.ones((1, 2))).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Normalizer()(np.zeros((2, 2))), NotBuiltError),
        (lambda: Normalizer().fit(np.zeros((0, 2))), ShapeError),
        (lambda: Normalizer().fit(np.array(["a"])), ArgumentError),
        (lambda: Normalizer().fit(np.zeros((3, 2)))(np.zeros((3, 4))), ShapeError),
    ],
)
def test_wrong_use_is_a_typed_error(call, error):
    with pytest.raises(error, match="Normalizer"):
        call()
