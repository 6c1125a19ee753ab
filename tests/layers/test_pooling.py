"""Pooling layers on images whose answers can be read off."""

import numpy as np
import pytest

from afina.layers import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    MaxPooling2D,
)

IMAGE = np.arange(16.0).reshape(1, 4, 4, 1)


def test_max_pooling_takes_the_largest_of_each_window():
    assert MaxPooling2D(dtype="float64")(IMAGE).numpy().squeeze().tolist() == [[5, 7], [13, 15]]


def test_average_pooling_takes_the_mean_of_each_window():
    assert AveragePooling2D(dtype="float64")(IMAGE).numpy().squeeze().tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_average_pooling_does_not_count_the_padding():
    y = AveragePooling2D(3, strides=1, padding="same", dtype="float64")(np.ones((1, 3, 3, 1)))
    np.testing.assert_allclose(y.numpy(), 1.0, rtol=1e-15)


def test_strides_default_to_the_window():
    assert MaxPooling2D(3).strides == (3, 3)
    assert MaxPooling2D((2, 3))(Input(shape=(7, 7, 2))).shape == (None, 3, 2, 2)


@pytest.mark.parametrize(
    "layer", [MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D]
)
def test_channels_first_pools_the_same_pixels(layer, rng):
    x = rng.standard_normal((2, 3, 6, 4))
    first = layer(data_format="channels_first", dtype="float64")(x).numpy()
    last = layer(dtype="float64")(x.transpose(0, 2, 3, 1)).numpy()
    np.testing.assert_allclose(first, last.transpose(0, 3, 1, 2) if last.ndim == 4 else last, rtol=1e-14)


def test_global_pooling_reduces_height_and_width(rng):
    x = rng.standard_normal((2, 5, 4, 3))
    mean = GlobalAveragePooling2D(dtype="float64")(x).numpy()
    np.testing.assert_allclose(mean, x.mean((1, 2)), rtol=1e-13)
    largest = GlobalMaxPooling2D(keepdims=True, dtype="float64")(x).numpy()
    np.testing.assert_array_equal(largest, x.max((1, 2), keepdims=True))
