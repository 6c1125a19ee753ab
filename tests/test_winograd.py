"""3 x 3 convolutions that are computed by Winograd's tiles give what the plain float64 sum gives."""

import numpy as np
import pytest

import afina
from afina import ops

SHAPES = [  # batch, height, width, channels, filters
    (4, 8, 8, 32, 32),
    (2, 16, 17, 37, 41),  # no side is whole: odd outputs, parts of vectors and panels
    (3, 9, 15, 64, 33),
    (70, 2, 2, 33, 64),  # a tile an image
    (300, 1, 1, 32, 32),
    (1, 40, 31, 100, 96),
]
PADDINGS = ["same", "valid", ((2, 0), (1, 3)), ((4, 5), (0, 0))]
FITTING = [(s, p) for s in SHAPES for p in PADDINGS if min(s[1:3]) >= 3 or p in PADDINGS[::2]]


def answers(dtype, sizes, padding):
    """y = relu(conv(x) + bias), and the gradients of sum(y * seed), all in float64 arrays."""
    batch, height, width, channels, filters = sizes
    rng = np.random.default_rng(7)
    x = rng.normal(size=(batch, height, width, channels))
    kernel = rng.normal(size=(3, 3, channels, filters)) / np.sqrt(9 * channels)
    bias = rng.normal(size=filters)
    leaves = [afina.tensor(a.astype(dtype), requires_grad=True) for a in (x, kernel, bias)]
    y = ops.conv2d(*leaves, padding=padding, activation="relu")
    seed = np.random.default_rng(8).normal(size=y.shape).astype(dtype)
    gradients = afina.gradients((y * afina.tensor(seed)).sum(), leaves)
    return [np.asarray(a.numpy(), dtype="float64") for a in (y, *gradients)]


@pytest.mark.parametrize(("sizes", "padding"), FITTING, ids=str)
def test_values_and_gradients_are_those_of_the_float64_sum(sizes, padding):
    found, wanted = answers("float32", sizes, padding), answers("float64", sizes, padding)
    for name, a, b in zip(["y", "dx", "dkernel", "dbias"], found, wanted, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= 4e-6 * max(1.0, np.abs(b).max()), name


def test_the_same_bits_for_any_number_of_threads(with_threads):
    first, *others = with_threads(lambda: answers("float32", (8, 14, 14, 48, 80), "same"))
    for found in others:
        for a, b in zip(found, first, strict=True):
            assert (a == b).all()


def test_a_pixel_that_is_not_a_number_shows_in_the_result():
    x = np.ones((4, 8, 8, 32), dtype="float32")
    x[0, 3, 3, 5] = np.nan
    y = ops.conv2d(afina.tensor(x), afina.ones((3, 3, 32, 32)), padding="same").numpy()
    assert np.isnan(y[0, 2:5, 2:5]).all()
    assert np.isfinite(y[1:]).all()
